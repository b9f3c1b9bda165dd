// tcpdelay is a TCP proxy that delays what it passes on, as a long line does: for measurements and tests.
//
// Bytes arrive half of -round-trip after they were sent, each way. Opening a connection takes a round trip, too: what
// a client sends before it could know that it is connected counts as sent then. The line's width is not limited.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"time"
)

const pieceBytes = 32 << 10
const pieces = 256 // under way in one direction of a connection

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address and port; port 0 is any free one")
	to := flag.String("to", "", "address and port of the server")
	roundTrip := flag.Duration("round-trip", 0, "time there and back")
	flag.Parse()

	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	for {
		client, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go connect(client, *to, *roundTrip)
	}
}

func connect(client net.Conn, to string, roundTrip time.Duration) {
	defer client.Close()
	connected := time.Now().Add(roundTrip)
	server, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer server.Close()
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		carry(client, server, connected, roundTrip/2)
	}()
	carry(server, client, connected, roundTrip/2)
	<-asked
}

// piece is what was read at once, and when it arrives at the other end.
type piece struct {
	data   []byte
	arrive time.Time
}

// carry passes on what `from` sends, until it has no more. Nothing counts as sent before `earliest`.
func carry(from, to net.Conn, earliest time.Time, delay time.Duration) {
	line := make(chan piece, pieces)
	go func() {
		defer close(line)
		for {
			data := make([]byte, pieceBytes)
			n, err := from.Read(data)
			sent := time.Now()
			if sent.Before(earliest) {
				sent = earliest
			}
			line <- piece{data[:n], sent.Add(delay)}
			if err != nil {
				return
			}
		}
	}()
	for next := range line {
		time.Sleep(time.Until(next.arrive))
		if _, err := to.Write(next.data); err != nil {
			_ = from.Close() // so that its reader ends; what it has read goes nowhere
		}
	}
	if half, ok := to.(*net.TCPConn); ok {
		_ = half.CloseWrite()
	}
}
