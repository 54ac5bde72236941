package cluster

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"

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
	Commit                 // offset commits, which must not wait behind a join
	Fetch
	Produce
)

// Client is a view of one cluster. It is safe for concurrent use.
type Client struct {
	seeds []string
	cfg   wire.Config

	mu         sync.Mutex
	brokers    map[int32]string // node ID to host:port
	topics     map[string]Topic
	good       string // address that answered last
	controller int32  // node ID
	conns      map[connKey]*slot
	closed     bool

	asking sync.WaitGroup // goroutines of Any
}

type connKey struct {
	addr    string
	purpose Purpose
}

// slot holds at most one connection; its lock makes concurrent users dial once.
type slot struct {
	mu   sync.Mutex
	conn *wire.Conn
}

// New returns a client that starts from the bootstrap addresses ("host:port").
// It connects to nothing before it is asked.
func New(seeds []string, cfg wire.Config) *Client {
	return &Client{
		seeds:   seeds,
		cfg:     cfg,
		brokers: make(map[int32]string),
		topics:  make(map[string]Topic),
		conns:   make(map[connKey]*slot),
	}
}

// Close ends all connections and waits for their goroutines. Requests in flight
// fail with wire.ErrClosed, as do later ones.
func (c *Client) Close() {
	c.mu.Lock()
	c.closed = true
	conns := c.conns
	c.conns = nil
	c.mu.Unlock()
	for _, s := range conns {
		s.mu.Lock()
		if s.conn != nil {
			_ = s.conn.Close()
		}
		s.mu.Unlock()
	}
	c.asking.Wait()
}

// UnknownBrokerError says that metadata does not list a node, as happens while
// one restarts.
type UnknownBrokerError struct{ ID int32 }

func (e *UnknownBrokerError) Error() string {
	return fmt.Sprintf("look up broker %d: the cluster's metadata does not list it at the moment", e.ID)
}

// Broker returns a living connection to a node by its ID, dialling if need be.
func (c *Client) Broker(ctx context.Context, id int32, p Purpose) (*wire.Conn, error) {
	c.mu.Lock()
	addr, ok := c.brokers[id]
	c.mu.Unlock()
	if !ok {
		return nil, &UnknownBrokerError{ID: id}
	}
	return c.connect(ctx, addr, p)
}

func (c *Client) connect(ctx context.Context, addr string, p Purpose) (*wire.Conn, error) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil, wire.ErrClosed
	}
	s := c.conns[connKey{addr, p}]
	if s == nil {
		s = &slot{}
		c.conns[connKey{addr, p}] = s
	}
	c.mu.Unlock()

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		select {
		case <-s.conn.Dead():
			_ = s.conn.Close()
			s.conn = nil
		default:
			return s.conn, nil
		}
	}
	conn, err := wire.Dial(ctx, addr, c.cfg)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	closed := c.closed
	c.mu.Unlock()
	if closed {
		_ = conn.Close()
		return nil, wire.ErrClosed
	}
	s.conn = conn
	return conn, nil
}

// dropStale closes connections to addresses that neither metadata nor the
// bootstrap list names any more: a broker moved.
func (c *Client) dropStale() {
	c.mu.Lock()
	keep := make(map[string]bool, len(c.seeds)+len(c.brokers))
	for _, a := range c.seeds {
		keep[a] = true
	}
	for _, a := range c.brokers {
		keep[a] = true
	}
	var stale []*slot
	for k, s := range c.conns {
		if !keep[k.addr] {
			stale = append(stale, s)
			delete(c.conns, k)
		}
	}
	c.mu.Unlock()
	for _, s := range stale {
		s.mu.Lock()
		if s.conn != nil {
			_ = s.conn.Close()
		}
		s.mu.Unlock()
	}
}

func joinAddr(host string, port int32) string {
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}
