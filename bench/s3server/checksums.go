package main

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc64"
	"sync"
)

var nvme = crc64.MakeTable(0x9A6C9329AC4BC9B5)

// checksum is the CRC-64/NVME of an object, as S3 itself makes it. It is computed when it is first asked for.
type checksum struct {
	once sync.Once
	text string
}

func (c *checksum) of(o *object) string {
	c.once.Do(func() {
		digest := crc64.New(nvme)
		_ = o.write(digest, 0, o.size)
		c.text = base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, digest.Sum64()))
	})
	return c.text
}
