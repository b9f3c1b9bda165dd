package main

import (
	"bytes"
	"encoding/xml"
	"net/http"
)

func location(r *request) {
	r.answer([]byte("<LocationConstraint" + namespace + "/>"))
}

// makeBucket answers PUT and HEAD of a bucket.
func (s *server) makeBucket(r *request) {
	switch has := s.store.bucket(r.bucket) != nil; {
	case r.Method == http.MethodPut && !has:
		s.store.makeEmpty(r.bucket)
	case r.Method == http.MethodHead && !has:
		r.fail(http.StatusNotFound, "NoSuchBucket")
	}
}

// removeMany answers DeleteObjects.
func (s *server) removeMany(r *request) {
	var asked struct {
		Object []struct{ Key string }
	}
	body, err := r.body()
	if err != nil || xml.Unmarshal(body, &asked) != nil {
		r.fail(http.StatusBadRequest, "MalformedXML")
		return
	}
	var to bytes.Buffer
	to.WriteString("<DeleteResult" + namespace + ">")
	for _, each := range asked.Object {
		if from, ok := s.store.bucket(r.bucket).(*written); ok {
			from.remove(each.Key)
		}
		to.WriteString("<Deleted>")
		tag(&to, "Key", escaped(each.Key))
		to.WriteString("</Deleted>")
	}
	to.WriteString("</DeleteResult>")
	r.answer(to.Bytes())
}
