package wire

import (
	"context"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go/protocol"
)

// call is one request in flight.
type call struct {
	id      int32
	key     protocol.ApiKey
	version int16
	sent    time.Time
	due     time.Time // the answer must be here by then
	frame   []byte    // whole frame with its size prefix, once answered
	err     error
	ready   chan struct{}

	expiry *time.Timer // ends the connection unless the answer comes first; see probe
}

// settled is called when the answer is there, or none will come.
func (cl *call) settled() {
	if cl.expiry != nil {
		cl.expiry.Stop()
	}
	close(cl.ready)
}

// noAnswer, in place of how long a request is held back, says that it is not
// answered at all.
const noAnswer time.Duration = -1

// take waits for the turn to write. The turn is a channel, not a mutex, because
// re-authentication holds it for whole round trips, and those who wait must be able to
// give up.
func (c *Conn) take(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-c.ctx.Done():
		return c.fate()
	}
}

// takeInSession is take for what must not be written when the session is about to
// end.
func (c *Conn) takeInSession(ctx context.Context) error {
	for {
		if err := c.take(ctx); err != nil {
			return err
		}
		next := c.late()
		if next == nil {
			return nil
		}
		c.release()
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		case <-c.ctx.Done():
			return c.fate()
		}
	}
}

func (c *Conn) release() { <-c.turn }

// writeFunc writes a request in a version. wait is how long the broker may hold
// the answer back on top of the request timeout.
type writeFunc func(ctx context.Context, req protocol.Message, version int16, wait time.Duration) (*call, error)

// writeInTurn writes when the broker takes requests and nobody else is writing.
func (c *Conn) writeInTurn(ctx context.Context, req protocol.Message, version int16, wait time.Duration) (*call, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := c.awaitQuota(ctx, req.ApiKey()); err != nil {
		return nil, err
	}
	if err := c.takeInSession(ctx); err != nil {
		return nil, err
	}
	defer c.release()
	if err := c.probe(ctx); err != nil {
		return nil, err
	}
	return c.write(ctx, req, version, wait)
}

// write sends a request. The caller has the turn.
func (c *Conn) write(ctx context.Context, req protocol.Message, version int16, wait time.Duration) (*call, error) {
	cl := c.newCall(req.ApiKey(), version, c.timeout+wait)
	if err := c.put(ctx, cl, req, version, wait != noAnswer); err != nil {
		return nil, err
	}
	return cl, nil
}

// newCall begins a call whose answer must be here within a duration.
func (c *Conn) newCall(key protocol.ApiKey, version int16, within time.Duration) *call {
	now := time.Now()
	c.nextID++
	return &call{id: c.nextID, key: key, version: version, sent: now, due: now.Add(within), ready: make(chan struct{})}
}

// put sends a request whole or kills the connection: half a request would garble
// every later one.
func (c *Conn) put(ctx context.Context, cl *call, req protocol.Message, version int16, answered bool) error {
	if err := c.enqueue(cl, answered); err != nil {
		return err
	}
	deadline := cl.sent.Add(c.timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	_ = c.net.SetWriteDeadline(deadline)
	cut := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = c.net.SetWriteDeadline(time.Unix(1, 0))
		close(cut)
	})
	err := c.send(version, cl.id, req)
	if !stop() {
		<-cut // or it would cut the next request
	}
	if err != nil {
		err = fmt.Errorf("send %s to %s: %w", req.ApiKey(), c.addr, err)
		c.kill(err)
		return c.fate() // which may be older, and the reason
	}
	return nil
}

// enqueue puts a call after those in flight. If the answer to the oldest one is
// overdue, the connection is dead: its caller may have left before.
func (c *Conn) enqueue(cl *call, answered bool) error {
	c.mu.Lock()
	if len(c.pending) > 0 && cl.sent.After(c.pending[0].due) {
		oldest := c.pending[0]
		c.endLocked(&TimeoutError{Addr: c.addr, Key: oldest.key, Wait: cl.sent.Sub(oldest.sent)})
		return c.fate()
	}
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	if answered {
		c.pending = append(c.pending, cl)
	} else {
		c.posted = cl.id
	}
	return nil
}
