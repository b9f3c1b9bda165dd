// s3server is an S3 server in memory for measurements: so cheap that it is not what is measured.
//
// It checks no signatures and stores nothing on disk. The bucket `synthetic` has -synthetic objects of -size bytes
// each, which cost no memory. -delay, -slowdown, -flip and -cut make it slow or wrong on purpose.
// GET /-/counts tells how many requests of each kind it got, all in all and at most at once; POST /-/counts also sets
// them to 0.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"runtime/debug"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address and port; port 0 is any free one")
	synthetic := flag.Int("synthetic", 0, "number of objects in the bucket synthetic")
	directories := flag.Int("directories", 10, "number of directories that they are in")
	size := flag.Int64("size", 1024, "bytes of each")
	checksums := flag.Bool("checksums", false, "tell the CRC-64/NVME of an object to whoever asks for checksums")
	var faults faults
	faults.declare(flag.CommandLine)
	flag.Parse()
	if *directories < 1 {
		log.Fatal("-directories is 1 or more")
	}

	debug.SetGCPercent(400) // garbage is small, and collecting it would be a large part of the work
	store := newStore()
	if *synthetic > 0 {
		store.buckets["synthetic"] = newSynthetic(*synthetic, *directories, *size)
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, newServer(store, &faults, *checksums)))
}
