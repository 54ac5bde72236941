package connector_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// attempts is how often a connector that opens must have tried before these tests
// end its opening: with a timeout of some seconds it would give up before.
const attempts = 5

// sides are the ways to open a connector.
var bothSides = map[string]func(ctx context.Context, s settings) error{
	"source": func(ctx context.Context, s settings) error {
		_, err := openSource(ctx, s.with(settings{"topics": "x"}), nil)
		return err
	},
	"destination": func(ctx context.Context, s settings) error {
		_, err := openDestination(ctx, s.with(settings{"topic": "x"}))
		return err
	},
}

func TestAServerThatAcceptsAndStaysSilentIsLeftAfterDialTimeout(t *testing.T) {
	for side, open := range bothSides {
		t.Run(side, func(t *testing.T) {
			is := is.New(t)
			ctx, cancel := context.WithCancel(guarded(t))
			defer cancel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			is.NoErr(err)
			defer l.Close()
			go func() {
				for range attempts {
					if conn, err := l.Accept(); err == nil {
						defer conn.Close()
					}
				}
				cancel()
			}()
			err = open(ctx, settings{"servers": l.Addr().String(), "dialTimeout": "50ms"})
			is.True(err != nil)
			t.Log(err)
			is.True(ctx.Err() != nil) // it was about to try on
			expect.Error(t, err, l.Addr().String())
			expect.Error(t, err, "no answer within")
		})
	}
}

func TestARequestWithoutAnAnswerFailsAfterRequestTimeout(t *testing.T) {
	for side, open := range bothSides {
		t.Run(side, func(t *testing.T) {
			is := is.New(t)
			ctx, cancel := context.WithCancel(guarded(t))
			defer cancel()
			c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "x"))
			var asked atomic.Int32
			c.ControlKey(kmsg.Metadata.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
				c.KeepControl()
				if asked.Add(1) == attempts {
					cancel()
				}
				return nil, nil, true // no answer
			})
			err := open(ctx, settings{"servers": list(c.ListenAddrs()), "requestTimeout": "50ms"})
			is.True(err != nil)
			t.Log(err)
			is.True(ctx.Err() != nil) // it was about to try on
			expect.Error(t, err, "await Metadata response", "no answer within")
		})
	}
}

func TestAWriteWithoutAnAnswerIsRepeatedAfterRequestTimeout(t *testing.T) {
	is := is.New(t)
	ctx := guarded(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "x"))
	embedded.Ignore(c, kmsg.Produce.Int16(), 1)
	// deliveryTimeout, 10s, ends before a request timeout of 30s does.
	n, err := write(ctx, settings{"servers": list(c.ListenAddrs()), "topic": "x", "requestTimeout": "1s"}, numbered(3)...)
	is.NoErr(err)
	is.Equal(n, 3)
}
