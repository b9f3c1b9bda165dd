package main

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// upload is a multipart upload that has not ended.
type upload struct {
	id, bucket, key string
	begun           time.Time
	headers         http.Header
	parts           map[int]part
}

type part struct {
	body   []byte
	digest [md5.Size]byte
}

// uploads has those of all buckets, by id.
type uploads struct {
	lock sync.Mutex
	open map[string]*upload
	made int
}

func newUploads() *uploads { return &uploads{open: map[string]*upload{}} }

func (u *uploads) begin(r *request) *upload {
	u.lock.Lock()
	defer u.lock.Unlock()
	u.made++
	id := fmt.Sprintf("upload-%08d", u.made)
	u.open[id] = &upload{id, r.bucket, r.key, time.Now(), r.kept(), map[int]part{}}
	return u.open[id]
}

// of returns the upload that a request names; it answers the request if there is none.
func (u *uploads) of(r *request) *upload {
	u.lock.Lock()
	defer u.lock.Unlock()
	if found := u.open[r.query.Get("uploadId")]; found != nil && found.bucket == r.bucket && found.key == r.key {
		return found
	}
	r.fail(http.StatusNotFound, "NoSuchUpload")
	return nil
}

func (s *server) createUpload(r *request) {
	begun := s.uploads.begin(r)
	r.answer([]byte(fmt.Sprintf(
		"<InitiateMultipartUploadResult%s><Bucket>%s</Bucket><Key>%s</Key><UploadId>%s</UploadId></InitiateMultipartUploadResult>",
		namespace, r.bucket, escaped(r.key), begun.id)))
}

func (s *server) putPart(r *request) {
	body, err := r.body()
	if err != nil {
		r.fail(http.StatusBadRequest, "IncompleteBody")
		return
	}
	digest := md5.Sum(body)
	if told := r.Header.Get("Content-MD5"); told != "" && told != base64.StdEncoding.EncodeToString(digest[:]) {
		r.fail(http.StatusBadRequest, "BadDigest")
		return
	}
	no, err := strconv.Atoi(r.query.Get("partNumber"))
	if err != nil || no < 1 || no > 10_000 {
		r.fail(http.StatusBadRequest, "InvalidArgument")
		return
	}
	if to := s.uploads.of(r); to != nil {
		s.uploads.lock.Lock()
		to.parts[no] = part{body, digest}
		s.uploads.lock.Unlock()
		r.w.Header().Set("ETag", `"`+hex.EncodeToString(digest[:])+`"`)
	}
}

// completeUpload joins the parts that the request names. The ETag is the MD5 of their MD5s, and their number.
func (s *server) completeUpload(r *request) {
	var asked struct {
		Part []struct {
			PartNumber int
			ETag       string
		}
	}
	body, err := r.body()
	if err != nil || xml.Unmarshal(body, &asked) != nil || len(asked.Part) == 0 {
		r.fail(http.StatusBadRequest, "MalformedXML")
		return
	}
	from := s.uploads.of(r)
	if from == nil {
		return
	}
	s.uploads.lock.Lock()
	o := &object{modified: now(), headers: from.headers}
	digests := md5.New()
	last := 0
	for _, each := range asked.Part {
		found, ok := from.parts[each.PartNumber]
		if !ok || each.PartNumber <= last || strings.Trim(each.ETag, `"`) != hex.EncodeToString(found.digest[:]) {
			s.uploads.lock.Unlock()
			r.fail(http.StatusBadRequest, "InvalidPart")
			return
		}
		last = each.PartNumber
		o.parts = append(o.parts, found.body)
		o.size += int64(len(found.body))
		digests.Write(found.digest[:])
	}
	s.uploads.lock.Unlock()
	o.etag = fmt.Sprintf("%x-%d", digests.Sum(nil), len(o.parts))
	if s.keep(r, o) {
		s.uploads.end(from)
		r.answer([]byte(fmt.Sprintf(
			"<CompleteMultipartUploadResult%s><Bucket>%s</Bucket><Key>%s</Key><ETag>&quot;%s&quot;</ETag></CompleteMultipartUploadResult>",
			namespace, r.bucket, escaped(r.key), o.etag)))
	}
}

func (u *uploads) end(ended *upload) {
	u.lock.Lock()
	defer u.lock.Unlock()
	delete(u.open, ended.id)
}

func (s *server) abortUpload(r *request) {
	if found := s.uploads.of(r); found != nil {
		s.uploads.end(found)
		r.w.WriteHeader(http.StatusNoContent)
	}
}

// listUploads answers ListMultipartUploads, all of a prefix in one page.
func (s *server) listUploads(r *request) {
	s.uploads.lock.Lock()
	var found []*upload
	for _, each := range s.uploads.open {
		if each.bucket == r.bucket && strings.HasPrefix(each.key, r.query.Get("prefix")) {
			found = append(found, each)
		}
	}
	s.uploads.lock.Unlock()
	sort.Slice(found, func(i, j int) bool { return found[i].key+found[i].id < found[j].key+found[j].id })
	var to bytes.Buffer
	to.WriteString("<ListMultipartUploadsResult" + namespace + ">")
	tag(&to, "Bucket", r.bucket)
	tag(&to, "IsTruncated", "false")
	for _, each := range found {
		to.WriteString("<Upload>")
		tag(&to, "Key", escaped(each.key))
		tag(&to, "UploadId", each.id)
		tag(&to, "Initiated", each.begun.UTC().Format(timeFormat))
		to.WriteString("</Upload>")
	}
	to.WriteString("</ListMultipartUploadsResult>")
	r.answer(to.Bytes())
}
