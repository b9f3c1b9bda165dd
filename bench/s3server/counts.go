package main

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// counts says how many requests of each kind came, how many were under way at once, and when the first of a kind came,
// in seconds since 1970.
type counts struct {
	lock  sync.Mutex
	kinds map[string]int64
	first map[string]float64
	now   map[string]int64
	most  map[string]int64
}

// begin counts a request that has come, end that it has its answer.
func (c *counts) begin(kind string) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.kinds == nil {
		c.kinds, c.first, c.most = map[string]int64{}, map[string]float64{}, map[string]int64{}
	}
	if c.now == nil {
		c.now = map[string]int64{}
	}
	if c.kinds[kind] == 0 {
		c.first[kind] = float64(time.Now().UnixMicro()) / 1e6
	}
	c.kinds[kind]++
	c.now[kind]++
	if c.now[kind] > c.most[kind] {
		c.most[kind] = c.now[kind]
	}
}

func (c *counts) end(kind string) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.now[kind]--
}

// take returns all of it as JSON; with `reset` it begins anew.
func (c *counts) take(reset bool) []byte {
	c.lock.Lock()
	defer c.lock.Unlock()
	text, _ := json.Marshal(map[string]any{"requests": c.kinds, "first": c.first, "most": c.most})
	if reset {
		c.kinds, c.first, c.most = nil, nil, nil
	}
	return text
}

// control answers what is not S3: the counts, and emptying a bucket at once.
func (s *server) control(w http.ResponseWriter, r *http.Request, name string) {
	switch {
	case name == "counts":
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(s.counts.take(r.Method == http.MethodPost))
	case name == "empty" && r.Method == http.MethodPost:
		s.store.makeEmpty(r.URL.Query().Get("bucket"))
	default:
		http.NotFound(w, r)
	}
}
