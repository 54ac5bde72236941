package hostile_test

import (
	"context"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// firewall lets connections through until it forgets them: what is sent on them then
// goes nowhere, in either direction, and no side is told.
type firewall struct {
	mu    sync.Mutex
	known []*forgettable
}

func (f *firewall) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := &forgettable{Conn: conn, closed: make(chan struct{}), forgotten: make(chan struct{})}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known = append(f.known, c)
	return c, nil
}

func (f *firewall) forgetAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.known {
		close(c.forgotten)
	}
	f.known = nil
}

type forgettable struct {
	net.Conn
	forgotten, closed chan struct{}
	once              sync.Once
}

func (c *forgettable) gone() bool {
	select {
	case <-c.forgotten:
		return true
	default:
		return false
	}
}

func (c *forgettable) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.gone() {
		<-c.closed
		return 0, net.ErrClosed
	}
	return n, err
}

func (c *forgettable) Write(b []byte) (int, error) {
	if c.gone() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

func (c *forgettable) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// The defaults give a record ten seconds, and a request thirty.
func TestDestinationWritesAfterAFirewallHasForgottenItsIdleConnections(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(3, "t"))
	var wall firewall
	ctx := wire.WithDialer(guarded(t), wall.dial)
	dst, err := openDestination(t, ctx, settings{"servers": fake.ListenAddrs()[0], "topic": "t"})
	is.NoErr(err)
	defer func() { is.NoErr(dst.Teardown(ctx)) }()
	records := numbered(30)
	n, err := dst.Write(ctx, slices.Clone(records))
	is.NoErr(err)
	is.Equal(n, len(records))

	wall.forgetAll()
	time.Sleep(3 * time.Second)
	n, err = dst.Write(ctx, slices.Clone(records))
	is.NoErr(err)
	is.Equal(n, len(records))
}
