package main

import (
	"errors"
	"io"
	"net/http"
	"sort"
	"sync"
	"time"
)

var errCondition = errors.New("a condition of the write is not met")
var errNoObject = errors.New("there is no object to replace")

// object is one version of an object; it never changes. Its bytes are `parts`; a repeated one begins them again.
type object struct {
	size     int64
	etag     string // without its quotes
	modified time.Time
	headers  http.Header // Content-Type and the user's metadata
	parts    [][]byte
	repeated bool
	checksum checksum
}

// now is when an object was modified: in whole seconds, as S3 has it in listings and in headers.
func now() time.Time { return time.Now().Truncate(time.Second) }

// write sends the bytes from `from` up to `to`.
func (o *object) write(w io.Writer, from, to int64) error {
	for at := int64(0); at < to; {
		for _, part := range o.parts {
			size := int64(len(part))
			if low, high := most(from-at, 0), least(to-at, size); low < high {
				if _, err := w.Write(part[low:high]); err != nil {
					return err
				}
			}
			if at += size; at >= to {
				return nil
			}
		}
		if o.repeated && at < from { // skip whole repetitions
			at += (from - at) / at * at
		}
	}
	return nil
}

// bucket finds objects by key and, for listings, by place in the order of keys.
type bucket interface {
	find(key string) *object
	sorted() sorted
}

type sorted interface {
	len() int
	key(i int) string
	object(i int) *object
}

// store has the buckets. Those that are written to are of type *written.
type store struct {
	lock    sync.RWMutex
	buckets map[string]bucket
}

func newStore() *store { return &store{buckets: map[string]bucket{}} }

func (s *store) bucket(name string) bucket {
	s.lock.RLock()
	defer s.lock.RUnlock()
	return s.buckets[name]
}

// makeEmpty makes a bucket, in the place of the one of that name.
func (s *store) makeEmpty(name string) *written {
	s.lock.Lock()
	defer s.lock.Unlock()
	made := &written{objects: map[string]*object{}}
	s.buckets[name] = made
	return made
}

// written is a bucket whose objects were put there. A listing sorts the keys anew after a write.
type written struct {
	lock    sync.RWMutex
	objects map[string]*object
	index   index
}

func (b *written) find(key string) *object {
	b.lock.RLock()
	defer b.lock.RUnlock()
	return b.objects[key]
}

// conditions of a write: If-Match and If-None-Match.
type conditions struct{ match, noneMatch string }

func (b *written) put(key string, o *object, when conditions) error {
	b.lock.Lock()
	defer b.lock.Unlock()
	old := b.objects[key]
	if when.match != "" && old == nil {
		return errNoObject
	}
	if (when.match != "" && !matches(when.match, old)) || (when.noneMatch != "" && matches(when.noneMatch, old)) {
		return errCondition
	}
	b.objects[key], b.index = o, nil
	return nil
}

func (b *written) remove(key string) {
	b.lock.Lock()
	defer b.lock.Unlock()
	delete(b.objects, key)
	b.index = nil
}

type entry struct {
	name string
	*object
}

type index []entry

func (x index) len() int             { return len(x) }
func (x index) key(i int) string     { return x[i].name }
func (x index) object(i int) *object { return x[i].object }

func (b *written) sorted() sorted {
	b.lock.Lock()
	defer b.lock.Unlock()
	if b.index == nil {
		b.index = make(index, 0, len(b.objects))
		for key, o := range b.objects {
			b.index = append(b.index, entry{key, o})
		}
		sort.Slice(b.index, func(i, j int) bool { return b.index[i].name < b.index[j].name })
	}
	return b.index
}
