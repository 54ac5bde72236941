package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// hedgeDelay is how long one broker may stay silent before the next is asked as
// well. The first answer counts.
const hedgeDelay = time.Second

// UnreachableError says why none of the brokers could answer a request.
type UnreachableError struct {
	Key  protocol.ApiKey
	Errs []error // each names its broker
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("ask any broker for %s: %v", e.Key, errors.Join(e.Errs...))
}

func (e *UnreachableError) Unwrap() []error { return e.Errs }

// AskAny sends a request that every broker can answer: to one with which there was no
// trouble lately, and to further ones as long as there is an error or silence. If
// all fail, the error is an *UnreachableError. It returns the address of the broker that
// answered as well.
func (c *Client) AskAny(ctx context.Context, req protocol.Message) (answer protocol.Message, from string, err error) {
	return askAny(ctx, c, req.ApiKey(), c.candidates(), func(ctx context.Context, conn *wire.Conn) (protocol.Message, error) {
		return conn.RoundTrip(ctx, req)
	})
}

// outcome is what came of asking one broker.
type outcome[T any] struct {
	addr string
	res  T
	err  error
}

// askAny is AskAny for whatever is asked of a connection to one of the addresses. It
// returns the address of the broker that answered as well.
func askAny[T any](ctx context.Context, c *Client, key protocol.ApiKey, addrs []string, ask func(context.Context, *wire.Conn) (T, error)) (res T, from string, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	outcomes := make(chan outcome[T], len(addrs))
	running := make(map[string]time.Time) // since when each is being asked
	askNext := func() bool {
		if len(addrs) == 0 {
			return false
		}
		addr := addrs[0]
		addrs = addrs[1:]
		asked := c.do(func() {
			o := outcome[T]{addr: addr}
			var conn *wire.Conn
			if conn, o.err = c.connect(ctx, addr, Control); o.err == nil {
				o.res, o.err = ask(ctx, conn)
			}
			if o.err != nil && ctx.Err() == nil {
				c.doubt(addr)
			}
			outcomes <- o
		})
		if asked {
			running[addr] = time.Now()
		}
		return asked
	}

	if !askNext() {
		return res, "", wire.ErrClosed
	}
	silence := time.NewTicker(hedgeDelay)
	defer silence.Stop()
	var errs []error
	for {
		select {
		case o := <-outcomes:
			delete(running, o.addr)
			if o.err == nil {
				for addr, since := range running { // the silent ones
					if time.Since(since) >= hedgeDelay {
						c.doubt(addr)
					}
				}
				return o.res, o.addr, nil
			}
			errs = append(errs, o.err)
			if askNext() {
				silence.Reset(hedgeDelay)
			} else if len(running) == 0 {
				return res, "", &UnreachableError{key, errs}
			}
		case <-silence.C:
			askNext()
		case <-ctx.Done():
			return res, "", &UnreachableError{key, append(errs, ctx.Err())}
		}
	}
}
