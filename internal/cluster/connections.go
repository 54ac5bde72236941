package cluster

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Purpose separates connections to one broker, because Kafka answers the
// requests of a connection one after the other: a fetch that waits for records
// must not hold up a heartbeat.
type Purpose int8

// Purposes in use. Each gets at most one connection a broker.
const (
	Control Purpose = iota // metadata, offsets, coordinator look-ups
	Group                  // join, sync, heartbeat: a join waits for the other members
	Commit                 // offset commits, which must not wait for a join
	Fetch
	Produce
	ProduceBeside // another request of the same Send, for other partitions
	Transaction   // whose coordinator must not be waited for after other questions

	purposes // how many there are
)

type connKey struct {
	addr    string
	purpose Purpose
}

// slot holds at most one connection, or the dial that is to open it. The client's
// lock guards it.
type slot struct {
	vain  time.Time  // when a dial failed last
	conn  *wire.Conn // nil or dead: dial
	dial  *dial      // nil: none is under way
	stale bool       // its address went out of use
}

// dial is one attempt to connect, for all who wait for it. It outlives those who
// give up: dialTimeout bounds it.
type dial struct {
	done chan struct{} // closed when the fields below are set
	conn *wire.Conn
	err  error
}

// connect returns a living connection to an address. Whoever waits for a dial leaves
// when ctx ends, and gets the error of the dial where it fails.
func (c *Client) connect(ctx context.Context, addr string, p Purpose) (*wire.Conn, error) {
	conn, d, err := c.find(connKey{addr, p})
	if conn != nil || err != nil {
		return conn, err
	}
	select {
	case <-d.done:
		return d.conn, d.err
	case <-ctx.Done():
		return nil, fmt.Errorf("dial %s: %w", addr, context.Cause(ctx))
	}
}

// find returns the connection that there is, or the dial that will open it.
func (c *Client) find(k connKey) (*wire.Conn, *dial, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.findLocked(k)
}

func (c *Client) findLocked(k connKey) (*wire.Conn, *dial, error) {
	if c.closed {
		return nil, nil, wire.ErrClosed
	}
	s := c.conns[k]
	if s == nil {
		s = &slot{}
		c.conns[k] = s
	}
	if s.conn != nil && alive(s.conn) {
		return s.conn, nil, nil
	}
	if s.dial == nil {
		s.dial = &dial{done: make(chan struct{})}
		c.tasks.Go(func() { c.dial(k.addr, s, s.dial) })
	}
	return nil, s.dial, nil
}

func (c *Client) dial(addr string, s *slot, d *dial) {
	conn, err := c.open(addr)
	c.mu.Lock()
	before := s.conn
	s.conn, s.dial = conn, nil
	if err != nil {
		s.vain = time.Now()
	}
	err = c.judgeLocked(err)
	if s.stale {
		c.retireLocked(s)
	}
	closed := c.closed
	c.mu.Unlock()
	if closed {
		if conn != nil {
			_ = conn.Close()
		}
		conn, err = nil, wire.ErrClosed
	}
	d.conn, d.err = conn, err
	close(d.done)
	if before != nil {
		_ = before.Close() // it is dead: nothing is in flight
	}
}

// alive reports whether a connection can be used.
func alive(conn *wire.Conn) bool {
	select {
	case <-conn.Dead():
		return false
	default:
		return true
	}
}

// dropStaleLocked gives up the connections to addresses that neither metadata nor the
// bootstrap list names any more: a broker moved, or is gone. What is in flight on
// them is answered first.
func (c *Client) dropStaleLocked() {
	keep := make(map[string]bool, len(c.seeds)+len(c.brokers))
	for _, a := range c.seeds {
		keep[a] = true
	}
	for _, a := range c.brokers {
		keep[a] = true
	}
	for k, s := range c.conns {
		if !keep[k.addr] {
			delete(c.conns, k)
			c.retireLocked(s)
		}
	}
	gone := func(a string, _ time.Time) bool { return !keep[a] }
	maps.DeleteFunc(c.doubts, gone)
	maps.DeleteFunc(c.sure, gone)
	maps.DeleteFunc(c.met, func(a string, _ bool) bool { return !keep[a] })
}

// retireLocked ends a slot's connection once nothing is in flight on it.
func (c *Client) retireLocked(s *slot) {
	s.stale = true
	if s.conn == nil {
		return
	}
	s.conn.Retire()
	c.retired = append(slices.DeleteFunc(c.retired, func(conn *wire.Conn) bool { return !alive(conn) }), s.conn)
}
