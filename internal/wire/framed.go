package wire

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math"
	"net"

	"github.com/segmentio/kafka-go/protocol"
)

// Framed is a request that encodes itself: one that kafka-go does not know in the versions
// that are sent, or of which it would copy what is large.
type Framed interface {
	Ranged
	// Body returns what follows the request's header, in pieces which are not
	// changed until the request is written.
	Body(version int16) net.Buffers
}

// Flexible is a Framed request of which some versions have tagged fields (KIP-482).
type Flexible interface {
	Framed
	// FirstFlexible returns the first of those versions.
	FirstFlexible() int16
}

// send writes a request whole, or returns an error.
func (c *Conn) send(version int16, id int32, req protocol.Message) error {
	f, ok := req.(Framed)
	if !ok {
		return protocol.WriteRequest(c.net, version, id, c.clientID, req)
	}
	frame := append(make(net.Buffers, 1), f.Body(version)...)
	frame[0] = c.header(version, id, f)
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

// header is the request's header, version 1 or, for flexible requests, 2, after room for
// the size.
func (c *Conn) header(version int16, id int32, req Framed) []byte {
	b := make([]byte, 4, 15+len(c.clientID))
	b = binary.BigEndian.AppendUint16(b, uint16(req.ApiKey()))
	b = binary.BigEndian.AppendUint16(b, uint16(version))
	b = binary.BigEndian.AppendUint32(b, uint32(id))
	b = binary.BigEndian.AppendUint16(b, uint16(len(c.clientID)))
	b = append(b, c.clientID...)
	if f, ok := req.(Flexible); ok && version >= f.FirstFlexible() {
		b = append(b, 0) // no tagged fields
	}
	return b
}
