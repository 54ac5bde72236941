package proxy

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Conn is one connection through the proxy.
type Conn struct {
	client, server *net.TCPConn
	done           chan struct{} // closed when the connection is cut
	once           sync.Once
	passed         [2]atomic.Int64

	mu      sync.Mutex
	rules   rules
	changed chan struct{} // closed and replaced when rules change
}

func newConn(client, server *net.TCPConn) *Conn {
	return &Conn{client: client, server: server, done: make(chan struct{}), changed: make(chan struct{})}
}

// Passed returns how many bytes have gone on in one direction.
func (c *Conn) Passed(d Direction) int64 { return c.passed[d.index()].Load() }

// Delay implements [Faults].
func (c *Conn) Delay(d time.Duration) { c.change(setDelay(d)) }

// Throttle implements [Faults].
func (c *Conn) Throttle(bytesPerSecond int) { c.change(setRate(bytesPerSecond)) }

// Freeze implements [Faults].
func (c *Conn) Freeze(d Direction) { c.change(freeze(d)) }

// Thaw implements [Faults].
func (c *Conn) Thaw(d Direction) { c.change(thaw(d)) }

// CutAfter implements [Faults].
func (c *Conn) CutAfter(d Direction, n int64) { c.change(cutAfter(d, n)) }

// Reset implements [Faults].
func (c *Conn) Reset() { c.end(reset, reset) }

// Hangup implements [Faults].
func (c *Conn) Hangup() { c.end(hangup, hangup) }

func (c *Conn) change(f func(*rules)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.rules)
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *Conn) current() (rules, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rules, c.changed
}

// end closes both sides, once, each in its way.
func (c *Conn) end(client, server func(*net.TCPConn)) {
	c.once.Do(func() {
		close(c.done)
		client(c.client)
		server(c.server)
	})
}

func reset(conn *net.TCPConn) {
	_ = conn.SetLinger(0)
	_ = conn.Close()
}

// hangup reads what the kernel still holds before it closes: closing with
// unread bytes would reset the connection.
func hangup(conn *net.TCPConn) {
	_ = conn.CloseWrite()
	_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	_, _ = io.Copy(io.Discard, conn)
	_ = conn.Close()
}
