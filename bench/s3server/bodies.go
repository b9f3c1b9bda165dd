package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// body returns the bytes that a client sends, without the frames of the encoding aws-chunked.
func (r *request) body() ([]byte, error) {
	head := r.Header
	if strings.HasPrefix(head.Get("X-Amz-Content-Sha256"), "STREAMING-") ||
		strings.Contains(head.Get("Content-Encoding"), "aws-chunked") {
		return unframed(bufio.NewReader(r.Body), number(head.Get("X-Amz-Decoded-Content-Length"), 0))
	}
	if r.ContentLength < 0 {
		return io.ReadAll(r.Body)
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, body)
	return body, err
}

// unframed reads `SIZE;signature CRLF bytes CRLF` up to a size of 0. What comes after is left unread: trailers.
func unframed(from *bufio.Reader, size int64) ([]byte, error) {
	body := bytes.NewBuffer(make([]byte, 0, size))
	for {
		line, err := from.ReadString('\n')
		if err != nil {
			return nil, err
		}
		hex, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		count, err := strconv.ParseInt(hex, 16, 64)
		if err != nil || count == 0 {
			_, _ = io.Copy(io.Discard, from)
			return body.Bytes(), err
		}
		if _, err = io.CopyN(body, from, count); err != nil {
			return nil, err
		}
		if _, err = from.Discard(len("\r\n")); err != nil {
			return nil, err
		}
	}
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
const namespace = ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`

// fail answers with an error of S3.
func (r *request) fail(status int, code string) {
	refuse(r.w, status, code)
}

func refuse(w http.ResponseWriter, status int, code string) {
	text := xmlHead + "<Error><Code>" + code + "</Code><Message>" + code + "</Message></Error>"
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text) // HEAD has no body: net/http leaves it out
}

// answer sends a document.
func (r *request) answer(document []byte) {
	r.w.Header().Set("Content-Type", "application/xml")
	r.w.Header().Set("Content-Length", strconv.Itoa(len(xmlHead)+len(document)))
	_, _ = io.WriteString(r.w, xmlHead)
	_, _ = r.w.Write(document)
}
