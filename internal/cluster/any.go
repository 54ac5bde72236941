package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
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

// Any sends a request that every broker can answer: to the one that answered
// last, and to further ones as long as there is an error or silence. If all
// fail, the error is an *UnreachableError.
func (c *Client) Any(ctx context.Context, req protocol.Message) (protocol.Message, error) {
	return anyBroker(ctx, c, req.ApiKey(), func(ctx context.Context, conn *wire.Conn) (protocol.Message, error) {
		return conn.RoundTrip(ctx, req)
	})
}

// anyBroker is Any for whatever is asked of a connection.
func anyBroker[T any](ctx context.Context, c *Client, key protocol.ApiKey, ask func(context.Context, *wire.Conn) (T, error)) (T, error) {
	var none T
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	addrs := c.candidates()
	if len(addrs) == 0 {
		return none, wire.ErrClosed
	}
	type outcome struct {
		addr string
		res  T
		err  error
	}
	outcomes := make(chan outcome, len(addrs))
	running := 0
	askNext := func() {
		addr := addrs[0]
		addrs = addrs[1:]
		running++
		c.asking.Add(1)
		go func() {
			defer c.asking.Done()
			var res T
			conn, err := c.connect(ctx, addr, Control)
			if err == nil {
				res, err = ask(ctx, conn)
			}
			outcomes <- outcome{addr, res, err}
		}()
	}

	askNext()
	silence := time.NewTicker(hedgeDelay)
	defer silence.Stop()
	var errs []error
	for {
		select {
		case o := <-outcomes:
			running--
			if o.err == nil {
				c.setGood(o.addr)
				return o.res, nil
			}
			errs = append(errs, o.err)
			switch {
			case len(addrs) > 0:
				askNext()
				silence.Reset(hedgeDelay)
			case running == 0:
				return none, &UnreachableError{key, errs}
			}
		case <-silence.C:
			if len(addrs) > 0 {
				askNext()
			}
		case <-ctx.Done():
			errs = append(errs, ctx.Err())
			return none, &UnreachableError{key, errs}
		}
	}
}

// candidates lists addresses to ask: the last good one, then known brokers,
// then the bootstrap list, each in random order so that clients spread.
func (c *Client) candidates() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	known := make([]string, 0, len(c.brokers))
	for _, a := range c.brokers {
		known = append(known, a)
	}
	seeds := slices.Clone(c.seeds)
	rand.Shuffle(len(known), func(i, j int) { known[i], known[j] = known[j], known[i] })
	rand.Shuffle(len(seeds), func(i, j int) { seeds[i], seeds[j] = seeds[j], seeds[i] })

	var out []string
	if c.good != "" {
		out = append(out, c.good)
	}
	for _, a := range slices.Concat(known, seeds) {
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

func (c *Client) setGood(addr string) {
	c.mu.Lock()
	c.good = addr
	c.mu.Unlock()
}
