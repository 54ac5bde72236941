package wire

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
)

// startScripted starts a broker that greets, and answers what follows with a
// function. It leaves the client waiting where that returns nil.
func startScripted(t *testing.T, answer func(conn net.Conn, id int32, req protocol.Message) protocol.Message) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	is.New(t).NoErr(err)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { serveScript(conn, answer) })
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() }) // the connections are closed before
	return l.Addr().String()
}

func serveScript(conn net.Conn, answer func(net.Conn, int32, protocol.Message) protocol.Message) {
	defer conn.Close()
	for {
		version, id, _, req, err := protocol.ReadRequest(conn)
		if err != nil {
			return
		}
		var res protocol.Message = &apiversions.Response{ApiKeys: []apiversions.ApiKeyResponse{
			{ApiKey: int16(protocol.Heartbeat), MaxVersion: 0},
			{ApiKey: int16(protocol.SaslHandshake), MaxVersion: 1},
			{ApiKey: int16(protocol.SaslAuthenticate), MaxVersion: 1},
		}}
		if _, ok := req.(*apiversions.Request); !ok {
			res = answer(conn, id, req)
		}
		if res == nil {
			_, _ = io.Copy(io.Discard, conn)
			return
		}
		if err := protocol.WriteResponse(conn, version, id, res); err != nil {
			return
		}
	}
}
