package main

import (
	"net/http"
	"net/url"
	"strings"
)

// server gives each request to what answers it.
type server struct {
	store   *store
	uploads *uploads
	faults  *faults
	counts  counts
	answers map[string]func(*request)

	checksums bool // a GET or HEAD that asks for it gets the checksum of the whole object
}

func newServer(store *store, faults *faults, checksums bool) *server {
	s := &server{store: store, uploads: newUploads(), faults: faults, checksums: checksums}
	s.answers = map[string]func(*request){
		"get":             s.get,
		"head":            s.get,
		"put":             s.put,
		"delete":          s.remove,
		"delete_many":     s.removeMany,
		"list":            s.list,
		"location":        location,
		"bucket":          s.makeBucket,
		"create_upload":   s.createUpload,
		"put_part":        s.putPart,
		"complete_upload": s.completeUpload,
		"abort_upload":    s.abortUpload,
		"list_uploads":    s.listUploads,
	}
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if bucket == "-" {
		s.control(w, r, key)
		return
	}
	query := r.URL.Query()
	kind := kindOf(r.Method, key, query)
	s.counts.begin(kind)
	defer s.counts.end(kind)
	if s.faults.refuses(w, kind) {
		return
	}
	request := &request{r, w, bucket, key, query}
	if answer := s.answers[kind]; answer != nil {
		answer(request)
	} else {
		request.fail(http.StatusNotImplemented, "NotImplemented")
	}
}

// request is one request of S3, with its path in parts.
type request struct {
	*http.Request
	w           http.ResponseWriter
	bucket, key string
	query       url.Values
}

func kindOf(method, key string, query url.Values) string {
	switch {
	case key == "" && method == http.MethodGet && query.Has("location"):
		return "location"
	case key == "" && method == http.MethodGet && query.Has("uploads"):
		return "list_uploads"
	case key == "" && method == http.MethodPost && query.Has("delete"):
		return "delete_many"
	case key == "" && method == http.MethodGet:
		return "list"
	case key == "" && (method == http.MethodPut || method == http.MethodHead):
		return "bucket"
	case method == http.MethodPost && query.Has("uploads"):
		return "create_upload"
	case method == http.MethodPost && query.Has("uploadId"):
		return "complete_upload"
	case method == http.MethodPut && query.Has("uploadId"):
		return "put_part"
	case method == http.MethodDelete && query.Has("uploadId"):
		return "abort_upload"
	case key == "" || method == http.MethodPost:
		return "other"
	}
	return strings.ToLower(method)
}
