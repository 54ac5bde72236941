package produce

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// A broker that has reached its max.connections leaves further ones waiting, without a
// refusal: what is to be written does not wait for one of them.
func TestSendDoesNotWaitForASecondConnectionThatHangs(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.BatchBytes = 500_000 }, kfake.NumBrokers(1))
	var full, tried atomic.Bool
	client := cluster.New(w.fake.ListenAddrs(), wire.Config{
		ClientID: "test", DialTimeout: time.Minute, RequestTimeout: time.Minute,
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if full.Load() {
				tried.Store(true)
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
	})
	t.Cleanup(client.Close)
	p := New(client, w.p.cfg)
	_, err := p.Send(w.ctx, random10K(3))
	w.NoErr(err)
	full.Store(true)
	p.flights.end(0, 0, true) // the broker is quick

	done := make(chan error, 1)
	go func() {
		_, err := p.Send(w.ctx, random10K(270))
		done <- err
	}()
	select {
	case err := <-done:
		w.NoErr(err)
		w.until(tried.Load) // for the next Send
	case <-time.After(20 * time.Second):
		p.Close()
		<-done
		t.Fatal("Send waits for a connection that it can do without")
	}
}
