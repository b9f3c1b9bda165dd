package main

import (
	"bytes"
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const maxKeys = 1000
const timeFormat = "2006-01-02T15:04:05.000Z"

// list answers ListObjectsV2, and the first version for clients that know no other.
func (s *server) list(r *request) {
	in := s.store.bucket(r.bucket)
	if in == nil {
		r.fail(http.StatusNotFound, "NoSuchBucket")
		return
	}
	second := r.query.Get("list-type") == "2"
	want := wanted{prefix: r.query.Get("prefix"), delimiter: r.query.Get("delimiter")}
	want.limit = int(least(number(r.query.Get("max-keys"), maxKeys), maxKeys))
	want.after = r.query.Get("start-after")
	if !second {
		want.after = r.query.Get("marker")
		want.skip = want.delimiter != "" && strings.HasSuffix(want.after, want.delimiter)
	} else if token := r.query.Get("continuation-token"); token != "" {
		var err error
		if want.after, want.skip, err = read(token); err != nil {
			r.fail(http.StatusBadRequest, "InvalidArgument")
			return
		}
	}
	from := in.sorted()
	r.answer(r.document(from, want, want.read(from), second))
}

// token names where a page ends, and read undoes it.
func token(found page) string {
	kind := "k"
	if found.skip {
		kind = "p"
	}
	return kind + hex.EncodeToString([]byte(found.next))
}

func read(token string) (after string, skip bool, err error) {
	text, err := hex.DecodeString(token[1:])
	if len(text) == 0 {
		err = hex.ErrLength
	}
	return string(text), token[0] == 'p', err
}

// document writes a page as XML, the objects in the order of tags that S3 has.
func (r *request) document(from sorted, want wanted, found page, second bool) []byte {
	text := encoder(r.query.Get("encoding-type") == "url")
	var to bytes.Buffer
	to.WriteString("<ListBucketResult" + namespace + ">")
	tag(&to, "Name", r.bucket)
	tag(&to, "Prefix", text(want.prefix))
	tag(&to, "MaxKeys", strconv.Itoa(want.limit))
	if want.delimiter != "" {
		tag(&to, "Delimiter", text(want.delimiter))
	}
	if r.query.Has("encoding-type") {
		tag(&to, "EncodingType", "url")
	}
	tag(&to, "IsTruncated", strconv.FormatBool(found.more))
	if second {
		tag(&to, "KeyCount", strconv.Itoa(len(found.places)+len(found.prefixes)))
	}
	if second && found.more {
		tag(&to, "NextContinuationToken", token(found))
	} else if found.more {
		tag(&to, "NextMarker", text(found.next))
	}
	for _, i := range found.places {
		o := from.object(i)
		to.WriteString("<Contents>")
		tag(&to, "Key", text(from.key(i)))
		tag(&to, "LastModified", o.modified.UTC().Format(timeFormat))
		tag(&to, "ETag", "&quot;"+o.etag+"&quot;")
		tag(&to, "Size", strconv.FormatInt(o.size, 10))
		to.WriteString("<StorageClass>STANDARD</StorageClass></Contents>")
	}
	for _, prefix := range found.prefixes {
		to.WriteString("<CommonPrefixes>")
		tag(&to, "Prefix", text(prefix))
		to.WriteString("</CommonPrefixes>")
	}
	to.WriteString("</ListBucketResult>")
	return to.Bytes()
}

func tag(to *bytes.Buffer, name, text string) {
	to.WriteString("<" + name + ">" + text + "</" + name + ">")
}

// encoder returns what makes a key fit into XML.
func encoder(byURL bool) func(string) string {
	if byURL {
		return func(key string) string { return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/") }
	}
	return escaped
}

func escaped(text string) string {
	var to bytes.Buffer
	_ = xml.EscapeText(&to, []byte(text))
	return to.String()
}
