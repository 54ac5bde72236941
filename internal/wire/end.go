package wire

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/segmentio/kafka-go/protocol"
)

// Close ends the connection and waits for its goroutines. Calls in flight fail
// with ErrClosed.
func (c *Conn) Close() error {
	c.kill(ErrClosed)
	c.tasks.Wait()
	return nil
}

// errRetired is the fate of a connection that was given up.
var errRetired = errors.New("connection given up: metadata no longer lists its broker under this address")

// Retire ends the connection as soon as nothing is in flight on it.
func (c *Conn) Retire() {
	c.mu.Lock()
	c.retired = true
	if len(c.pending) > 0 {
		c.mu.Unlock()
		return
	}
	c.endLocked(errRetired)
}

// Refuse closes the connection because an answer could not be decoded: later answers
// cannot be trusted either. It returns the error to report.
func (c *Conn) Refuse(key protocol.ApiKey, err error) error {
	err = fmt.Errorf("decode %s response from %s: %w", key, c.addr, err)
	c.kill(err)
	return err
}

// fate is why the connection is dead, nil while it lives.
func (c *Conn) fate() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// kill makes err the connection's fate, if it has none yet, and fails every
// call in flight with it.
func (c *Conn) kill(err error) {
	c.mu.Lock()
	c.endLocked(err)
}

// endLocked is kill with the lock held, which it releases.
func (c *Conn) endLocked(err error) {
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = err
	pending := c.pending
	c.pending = nil
	c.cancel()
	c.mu.Unlock()

	for _, cl := range pending {
		cl.err = err
		cl.settled()
	}
	_ = raw(c.net).Close()
}

// raw is the connection below TLS. To close that one alone is enough, and quick: TLS
// would say goodbye first, for which it waits up to five seconds where the broker does
// not read.
func raw(nc net.Conn) net.Conn {
	if t, ok := nc.(*tls.Conn); ok {
		return t.NetConn()
	}
	return nc
}
