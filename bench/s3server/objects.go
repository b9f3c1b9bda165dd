package main

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// get answers GET and HEAD of an object, with Range, If-Match and If-None-Match.
func (s *server) get(r *request) {
	o := s.find(r)
	if o == nil {
		r.fail(http.StatusNotFound, "NoSuchKey")
		return
	}
	head := r.w.Header()
	for name, values := range o.headers {
		head[name] = values
	}
	head.Set("ETag", `"`+o.etag+`"`)
	head.Set("Last-Modified", o.modified.UTC().Format(http.TimeFormat))
	head.Set("Accept-Ranges", "bytes")
	if match := r.Header.Get("If-Match"); match != "" && !matches(match, o) {
		r.fail(http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	if none := r.Header.Get("If-None-Match"); none != "" && matches(none, o) {
		r.w.WriteHeader(http.StatusNotModified)
		return
	}
	from, to, status := span(r.Header.Get("Range"), o.size)
	if status == http.StatusRequestedRangeNotSatisfiable {
		r.fail(status, "InvalidRange")
		return
	}
	if status == http.StatusPartialContent {
		head.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, o.size))
	}
	if s.checksums && status == http.StatusOK && r.Header.Get("X-Amz-Checksum-Mode") == "ENABLED" {
		head.Set("X-Amz-Checksum-Crc64nvme", o.checksum.of(o))
		head.Set("X-Amz-Checksum-Type", "FULL_OBJECT")
	}
	head.Set("Content-Length", strconv.FormatInt(to-from, 10))
	r.w.WriteHeader(status)
	if r.Method == http.MethodGet {
		s.faults.send(r, o, from, to)
	}
}

// span returns the bytes that a Range asks for, and the status of the answer. A Range that it can't read is left out.
func span(text string, size int64) (from, to int64, status int) {
	unit, ranges, _ := strings.Cut(text, "=")
	first, last, dash := strings.Cut(ranges, "-")
	if unit != "bytes" || !dash || strings.Contains(ranges, ",") {
		return 0, size, http.StatusOK
	}
	if first == "" { // the last bytes
		count, err := strconv.ParseInt(last, 10, 64)
		if err != nil {
			return 0, size, http.StatusOK
		}
		from, to = most(0, size-count), size
	} else {
		from, to = number(first, 0), number(last, size-1)+1
	}
	if to = least(to, size); from >= to {
		return 0, 0, http.StatusRequestedRangeNotSatisfiable
	}
	return from, to, http.StatusPartialContent
}

// put stores an object by one request, if the conditions are met and the digest is right.
func (s *server) put(r *request) {
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
	o := &object{size: int64(len(body)), etag: hex.EncodeToString(digest[:]), modified: now(), headers: r.kept(), parts: [][]byte{body}}
	if s.keep(r, o) {
		r.w.Header().Set("ETag", `"`+o.etag+`"`)
	}
}

// keep gives the object its name; it answers the request if that fails.
func (s *server) keep(r *request, o *object) bool {
	into, ok := s.store.bucket(r.bucket).(*written)
	if !ok {
		r.fail(http.StatusNotFound, "NoSuchBucket")
		return false
	}
	err := into.put(r.key, o, conditions{r.Header.Get("If-Match"), r.Header.Get("If-None-Match")})
	if errors.Is(err, errNoObject) {
		r.fail(http.StatusNotFound, "NoSuchKey")
	} else if err != nil {
		r.fail(http.StatusPreconditionFailed, "PreconditionFailed")
	}
	return err == nil
}

func (s *server) remove(r *request) {
	if from, ok := s.store.bucket(r.bucket).(*written); ok {
		from.remove(r.key)
	}
	r.w.WriteHeader(http.StatusNoContent)
}

func (s *server) find(r *request) *object {
	if in := s.store.bucket(r.bucket); in != nil {
		return in.find(r.key)
	}
	return nil
}

// kept returns the headers that an object is stored with.
func (r *request) kept() http.Header {
	kept := http.Header{"Content-Type": {"application/octet-stream"}}
	for name, values := range r.Header {
		if name == "Content-Type" || strings.HasPrefix(name, "X-Amz-Meta-") {
			kept[name] = values
		}
	}
	return kept
}

// matches tells whether a condition names the ETag of `o`, or is * and there is one.
func matches(condition string, o *object) bool {
	return o != nil && (condition == "*" || strings.Trim(condition, `"`) == o.etag)
}
