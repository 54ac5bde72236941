package connector_test

import (
	"context"
	"net"
	"os"
	"sync/atomic"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// Some brokers hang up on wrong credentials. That is tried again, and later attempts
// may only take too long.
func TestSaysThatAuthenticationFailedAlsoWhereLaterAttemptsTakeTooLong(t *testing.T) {
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("PLAIN", "bob", "bob-secret"))
	for side, open := range bothSides {
		t.Run(side, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			var dials atomic.Int32
			ctx := wire.WithDialer(guarded(t), func(ctx context.Context, network, addr string) (net.Conn, error) {
				if dials.Add(1) > 1 {
					return nil, &net.OpError{Op: "dial", Net: network, Err: os.ErrDeadlineExceeded}
				}
				return new(net.Dialer).DialContext(ctx, network, addr)
			})
			err := open(ctx, settings{"servers": list(c.ListenAddrs()), "saslUsername": "bob", "saslPassword": "wrong-secret"})
			is.True(err != nil)
			t.Log(err)
			expect.Error(t, err, "authentication failed", "the last attempt: ")
			is.True(dials.Load() > 2)
		})
	}
}
