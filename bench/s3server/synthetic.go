package main

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"strconv"
)

// blockBytes is a prime, so that two ranges of a large object are never equal by chance.
const blockBytes = 1<<20 + 7

// synthetic is a bucket of `count` objects in directories. All are one object, under names that are computed.
type synthetic struct {
	count, each int // each: objects of a directory
	body        *object
}

func newSynthetic(count, directories int, size int64) *synthetic {
	block := make([]byte, least(size, blockBytes))
	_, _ = io.ReadFull(rand.New(rand.NewSource(1)), block)
	body := &object{size: size, modified: now(), headers: http.Header{}, parts: [][]byte{block}, repeated: true}
	digest := md5.New()
	_ = body.write(digest, 0, size)
	body.etag = hex.EncodeToString(digest.Sum(nil))
	each := (count + directories - 1) / directories
	return &synthetic{count, each, body}
}

func (b *synthetic) find(key string) *object {
	if len(key) < 12 {
		return nil
	}
	i, err := strconv.Atoi(key[len(key)-12 : len(key)-4])
	if err != nil || i < 0 || i >= b.count || b.key(i) != key {
		return nil
	}
	return b.body
}

func (b *synthetic) sorted() sorted     { return b }
func (b *synthetic) len() int           { return b.count }
func (b *synthetic) object(int) *object { return b.body }
func (b *synthetic) key(i int) string   { return fmt.Sprintf("d%06d/%08d.bin", i/b.each, i) }
