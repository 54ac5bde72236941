package wire

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math"
	"net"

	"github.com/segmentio/kafka-go/protocol"
)

// Framed is a request that encodes itself, not in one of the flexible versions
// (KIP-482). kafka-go would copy what is large in it, and allocate for it.
type Framed interface {
	Ranged
	// Body returns what follows the request's header, in pieces which are not
	// changed until the request is written.
	Body(version int16) net.Buffers
}

// send writes a request whole, or returns an error.
func (c *Conn) send(version int16, id int32, req protocol.Message) error {
	f, ok := req.(Framed)
	if !ok {
		return protocol.WriteRequest(c.net, version, id, c.clientID, req)
	}
	frame := append(make(net.Buffers, 1), f.Body(version)...)
	frame[0] = c.header(version, id, req.ApiKey())
	size := -4
	for _, piece := range frame {
		size += len(piece)
	}
	if size > math.MaxInt32 {
		return fmt.Errorf("a request of %d bytes is too large", size)
	}
	binary.BigEndian.PutUint32(frame[0], uint32(size))
	if _, ok := c.net.(*net.TCPConn); ok {
		_, err := frame.WriteTo(c.net) // in one call to the system
		return err
	}
	// Each piece would be a record of TLS, or a write of its own.
	w := bufio.NewWriterSize(c.net, 16<<10)
	if _, err := frame.WriteTo(w); err != nil {
		return err
	}
	return w.Flush()
}

// header is the request's header, version 1, after room for the size.
func (c *Conn) header(version int16, id int32, api protocol.ApiKey) []byte {
	b := make([]byte, 4, 14+len(c.clientID))
	b = binary.BigEndian.AppendUint16(b, uint16(api))
	b = binary.BigEndian.AppendUint16(b, uint16(version))
	b = binary.BigEndian.AppendUint32(b, uint32(id))
	b = binary.BigEndian.AppendUint16(b, uint16(len(c.clientID)))
	return append(b, c.clientID...)
}
