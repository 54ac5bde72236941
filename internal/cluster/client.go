package cluster

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Client is a view of one cluster. It is safe for concurrent use. Its lock is never
// held while a broker is waited for.
type Client struct {
	seeds []string
	cfg   wire.Config
	life  context.Context // ends with Close
	end   context.CancelFunc

	mu sync.Mutex
	membership
	brokers      map[int32]string     // host:port by node ID, as metadata lists them
	doubts       map[string]time.Time // by host:port: when there was trouble with it last
	namedBy      map[string]string    // host:port of the broker that named a coordinator last, by what it coordinates
	coordinators map[string]int32     // node IDs, by consumer group
	topics       map[string]Topic     // as a broker described them last
	believed     map[string]Topic     // as a broker described them last without an error
	told         map[string]string    // host:port of the broker that described a topic last, by topic
	toldAll      string               // host:port of the broker that described all topics last
	former       map[string][]TopicID // of topics that had a name before
	controller   int32                // node ID
	conns        map[connKey]*slot
	retired      []*wire.Conn // which end with what is in flight on them
	closed       bool
	refusals     refusals

	tasks sync.WaitGroup // dials and questions under way
}

// New returns a client that starts from the bootstrap addresses ("host:port").
// It connects to nothing before it is asked.
func New(seeds []string, cfg wire.Config) *Client {
	c := &Client{
		seeds:        seeds,
		cfg:          cfg,
		brokers:      make(map[int32]string),
		doubts:       make(map[string]time.Time),
		namedBy:      make(map[string]string),
		coordinators: make(map[string]int32),
		topics:       make(map[string]Topic),
		believed:     make(map[string]Topic),
		told:         make(map[string]string),
		former:       make(map[string][]TopicID),
		conns:        make(map[connKey]*slot),
		membership:   membership{sure: make(map[string]time.Time), met: make(map[string]bool)},
		refusals:     refusals{patience: refusalPatience},
	}
	c.life, c.end = context.WithCancel(context.Background())
	return c
}

// Close ends all connections and waits for their goroutines. Requests in flight
// fail with wire.ErrClosed, as do later ones and those that wait for a dial.
func (c *Client) Close() {
	c.mu.Lock()
	c.closed = true
	c.end()
	open := c.retired
	for _, s := range c.conns {
		if s.conn != nil {
			open = append(open, s.conn)
		}
	}
	c.conns, c.retired = nil, nil
	c.mu.Unlock()
	for _, conn := range open {
		_ = conn.Close()
	}
	c.tasks.Wait()
}

// do runs a task that Close waits for. It returns false if the client is closed.
func (c *Client) do(task func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.tasks.Go(task)
	return true
}

// UnknownBrokerError says that metadata does not list a node, as happens while
// one restarts.
type UnknownBrokerError struct{ ID int32 }

func (e *UnknownBrokerError) Error() string {
	return fmt.Sprintf("look up broker %d: the cluster's metadata does not list it at the moment", e.ID)
}

// ClientID is the name that this client has for brokers.
func (c *Client) ClientID() string { return c.cfg.ClientID }

// Broker returns a living connection to a node by its ID, dialling if need be.
func (c *Client) Broker(ctx context.Context, id int32, p Purpose) (*wire.Conn, error) {
	c.mu.Lock()
	addr, ok := c.brokers[id]
	closed := c.closed
	c.mu.Unlock()
	switch {
	case closed:
		return nil, wire.ErrClosed
	case !ok:
		return nil, &UnknownBrokerError{ID: id}
	}
	return c.connect(ctx, addr, p)
}

func joinAddr(host string, port int32) string {
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}
