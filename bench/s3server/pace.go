package main

import (
	"io"
	"sync"
	"time"
)

const pieceBytes = 64 << 10

// pace is a bandwidth that all bodies have together, in bytes per second; 0 is none.
type pace struct {
	bandwidth int64
	lock      sync.Mutex
	free      time.Time // when the line has sent what was given to it
}

// wait returns when the line has room for `size` more bytes.
func (p *pace) wait(size int) {
	p.lock.Lock()
	if now := time.Now(); p.free.Before(now) {
		p.free = now
	}
	until := p.free
	p.free = p.free.Add(time.Duration(int64(size) * int64(time.Second) / p.bandwidth))
	p.lock.Unlock()
	time.Sleep(time.Until(until))
}

// paced writes at a pace, piece by piece: so requests share the line.
type paced struct {
	to   io.Writer
	pace *pace
}

func (w *paced) Write(data []byte) (int, error) {
	for at := 0; at < len(data); at += pieceBytes {
		piece := data[at:least(int64(at+pieceBytes), int64(len(data)))]
		w.pace.wait(len(piece))
		if _, err := w.to.Write(piece); err != nil {
			return at, err
		}
	}
	return len(data), nil
}
