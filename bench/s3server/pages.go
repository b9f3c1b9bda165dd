package main

import (
	"sort"
	"strings"
)

// wanted is what one page of a listing asks for. `after` is the last name seen: a key, or a prefix if `skip`.
type wanted struct {
	prefix, delimiter, after string
	skip                     bool
	limit                    int
}

// page is one page of a listing. `next` is where the following one begins; `more` says whether there is one.
type page struct {
	places   []int // of the objects, in the order of keys
	prefixes []string
	next     string
	skip     bool
	more     bool
}

// read makes one page.
func (want wanted) read(from sorted) page {
	var found page
	i := search(from, want.first())
	for i < from.len() {
		key := from.key(i)
		if !strings.HasPrefix(key, want.prefix) {
			break
		}
		if key <= want.after {
			i++
			continue
		}
		if len(found.places)+len(found.prefixes) >= want.limit {
			found.more = true
			break
		}
		if end := want.cut(key); end > 0 {
			found.prefixes = append(found.prefixes, key[:end])
			found.next, found.skip = key[:end], true
			i = search(from, behind(key[:end]))
			continue
		}
		found.places = append(found.places, i)
		found.next, found.skip = key, false
		i++
	}
	return found
}

// first returns the name from which on keys may be of interest.
func (want wanted) first() string {
	if want.skip {
		return behind(want.after)
	}
	if want.after > want.prefix {
		return want.after
	}
	return want.prefix
}

// cut returns where the common prefix of `key` ends; 0 if it has none.
func (want wanted) cut(key string) int {
	if want.delimiter == "" {
		return 0
	}
	if at := strings.Index(key[len(want.prefix):], want.delimiter); at >= 0 {
		return len(want.prefix) + at + len(want.delimiter)
	}
	return 0
}

// behind returns the least name that is greater than all that begin with `prefix`, which ends with no byte 255.
func behind(prefix string) string {
	last := len(prefix) - 1
	return prefix[:last] + string([]byte{prefix[last] + 1})
}

func search(from sorted, name string) int {
	return sort.Search(from.len(), func(i int) bool { return from.key(i) >= name })
}
