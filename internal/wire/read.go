package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/unzeroed"
)

// read takes answers off the connection and gives each to the oldest call, until
// the connection ends.
func (c *Conn) read() {
	r := bufio.NewReaderSize(c.net, 64<<10)
	for {
		frame, err := c.readFrame(r)
		if err != nil {
			c.kill(c.broken(err))
			return
		}
		id := int32(binary.BigEndian.Uint32(frame[4:]))
		c.mu.Lock()
		if len(c.pending) == 0 || c.pending[0].id != id {
			c.mu.Unlock()
			c.kill(fmt.Errorf("read from %s: answer with correlation ID %d was not asked for", c.addr, id))
			return
		}
		cl := c.pending[0]
		c.pending = c.pending[1:]
		c.answers++
		c.heard, c.answered = time.Now(), id
		if c.retired && len(c.pending) == 0 {
			c.endLocked(errRetired)
		} else {
			c.mu.Unlock()
		}
		c.throttle(cl, frame)
		cl.frame = frame
		cl.settled()
	}
}

// broken is the error of a connection on which nothing more can be read. On one that
// was ready, a TLS alert or bytes of another protocol mean no refusal, as they do
// before: the next connection may be made.
func (c *Conn) broken(err error) error {
	c.mu.Lock()
	ready := c.maxFrame == maxFrame
	c.mu.Unlock()
	var (
		alert *net.OpError
		other *ProtocolError
	)
	if ready && (errors.As(err, &alert) && alert.Op == "remote error" || errors.As(err, &other)) {
		return fmt.Errorf("read from %s: the connection breaks: %v", c.addr, err)
	}
	return fmt.Errorf("read from %s: %w", c.addr, c.explain(err))
}

func (c *Conn) readFrame(r *bufio.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := int(int32(binary.BigEndian.Uint32(head[:])))
	limit := c.answerLimit()
	if size < 4 || size > limit {
		return nil, notKafka(head, size, limit)
	}
	frame, err := c.receive(r, head, size)
	if err == nil {
		c.trusted = max(c.trusted, 2*min(size, maxFrame/2))
	}
	return frame, err
}

// answerLimit is the largest size that the next answer may have.
func (c *Conn) answerLimit() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case len(c.pending) == 0: // nobody asked
		return maxHandshakeFrame
	case c.pending[0].key == protocol.Fetch:
		return c.maxFrame
	}
	return min(c.maxFrame, maxAnswer)
}

// maxUnproven is the size of an answer for which memory is allocated at once on the
// length's word alone: 1 MiB.
const maxUnproven = 1 << 20

// receive reads what follows a length. A broker that has sent answers is believed one
// twice as large as the largest; for more, memory grows only with what arrives, so that
// eight bytes can't make the connector allocate a gigabyte.
func (c *Conn) receive(r *bufio.Reader, head [4]byte, size int) ([]byte, error) {
	frame := unzeroed.Bytes(4 + min(size, max(c.trusted, maxUnproven)))
	copy(frame, head[:])
	for have := 4; ; {
		if _, err := io.ReadFull(r, frame[have:]); err != nil {
			return nil, err
		}
		if have = len(frame); have == 4+size {
			return frame, nil
		}
		longer := unzeroed.Bytes(min(2*have, 4+size))
		copy(longer, frame)
		frame = longer
	}
}
