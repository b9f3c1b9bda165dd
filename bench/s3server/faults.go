package main

import (
	"flag"
	"io"
	"math/rand"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// faults is what the server does wrong on purpose.
type faults struct {
	delay      time.Duration
	line       pace
	slowdown   float64
	storm      time.Duration
	retryAfter int
	flip, cut  int
	always     bool

	lock      sync.Mutex
	gets      int
	stormEnds time.Time
	flipped   string // the objects that are hit
	shortened string
}

func (f *faults) declare(flags *flag.FlagSet) {
	flags.DurationVar(&f.delay, "delay", 0, "wait before each answer")
	flags.Int64Var(&f.line.bandwidth, "bandwidth", 0, "bytes per second of all objects that are sent; 0: no limit")
	flags.Float64Var(&f.slowdown, "slowdown", 0, "share of requests that get 503 SlowDown")
	flags.DurationVar(&f.storm, "slowdown-time", 0, "end of that, counted from the first GET of an object; 0: never")
	flags.IntVar(&f.retryAfter, "retry-after", 1, "seconds that a 503 tells to wait")
	flags.IntVar(&f.flip, "flip", 0, "this GET of an object, counted from 1, gets a flipped bit; 0: none")
	flags.IntVar(&f.cut, "cut", 0, "this GET gets half of its bytes, and the connection is closed; 0: none")
	flags.BoolVar(&f.always, "always", false, "each later GET of the same object gets the same fault")
}

// refuses waits, then answers with 503 where that is the case.
func (f *faults) refuses(w http.ResponseWriter, kind string) bool {
	time.Sleep(f.delay)
	if f.slowdown == 0 || f.over(kind) || rand.Float64() >= f.slowdown {
		return false
	}
	w.Header().Set("Retry-After", strconv.Itoa(f.retryAfter))
	refuse(w, http.StatusServiceUnavailable, "SlowDown")
	return true
}

// over tells whether the storm is: with a time it begins at the first GET, and until then nothing is refused.
func (f *faults) over(kind string) bool {
	if f.storm == 0 {
		return false
	}
	f.lock.Lock()
	defer f.lock.Unlock()
	if f.stormEnds.IsZero() && kind == "get" {
		f.stormEnds = time.Now().Add(f.storm)
	}
	return !time.Now().Before(f.stormEnds)
}

// send writes bytes of an object, or what a fault makes of them.
func (f *faults) send(r *request, o *object, from, to int64) {
	var out io.Writer = r.w
	if f.line.bandwidth > 0 {
		out = &paced{r.w, &f.line}
	}
	flip, cut := f.hit(r.bucket + "/" + r.key)
	if flip {
		out = &flipper{to: out, at: (to - from) / 2}
	}
	if cut {
		to = from + (to-from)/2
	}
	err := o.write(out, from, to)
	if cut {
		r.w.(http.Flusher).Flush()
	}
	if err != nil || cut {
		panic(http.ErrAbortHandler) // closes the connection without a word
	}
}

// hit tells which faults this GET of `name` has.
func (f *faults) hit(name string) (flip, cut bool) {
	if f.flip == 0 && f.cut == 0 {
		return false, false
	}
	f.lock.Lock()
	defer f.lock.Unlock()
	f.gets++
	if f.gets == f.flip {
		f.flipped = name
	}
	if f.gets == f.cut {
		f.shortened = name
	}
	flip = f.gets == f.flip || (f.always && f.flipped == name)
	cut = f.gets == f.cut || (f.always && f.shortened == name)
	return flip, cut
}

// flipper changes one bit of the byte `at`, counted from what it is given first.
type flipper struct {
	to io.Writer
	at int64
}

func (f *flipper) Write(data []byte) (int, error) {
	if f.at >= 0 && f.at < int64(len(data)) {
		data = append([]byte(nil), data...)
		data[f.at] ^= 1
	}
	f.at -= int64(len(data))
	return f.to.Write(data)
}
