package wire

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// read takes answers off the connection and gives each to the oldest call, until
// the connection ends.
func (c *Conn) read() {
	r := bufio.NewReaderSize(c.net, 64<<10)
	for {
		frame, err := c.readFrame(r)
		if err != nil {
			c.kill(fmt.Errorf("read from %s: %w", c.addr, c.explain(err)))
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
		over := c.retired && len(c.pending) == 0
		c.mu.Unlock()
		cl.frame = frame
		close(cl.ready)
		if over {
			c.kill(errRetired)
			return
		}
	}
}

func (c *Conn) readFrame(r *bufio.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := int(int32(binary.BigEndian.Uint32(head[:])))
	c.mu.Lock()
	limit := c.maxFrame
	c.mu.Unlock()
	if size < 4 || size > limit {
		return nil, notKafka(head, size, limit)
	}
	frame := make([]byte, 4+size)
	copy(frame, head[:])
	_, err := io.ReadFull(r, frame[4:])
	return frame, err
}
