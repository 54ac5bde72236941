package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/segmentio/kafka-go/protocol"
)

const (
	// maxHandshakeFrame bounds the answers before authentication. Whatever
	// speaks another protocol (TLS, HTTP) shows itself as an absurd size here.
	maxHandshakeFrame = 1 << 20
	// maxFrame bounds every later answer: above the largest fetch that can be
	// configured, below what a broken length would make us allocate.
	maxFrame = 1 << 30
)

// Conn is a pipelined connection to one broker. All methods may be called
// concurrently.
type Conn struct {
	addr     string
	clientID string
	secure   security
	timeout  time.Duration
	offered  map[protocol.ApiKey]versions // by the broker
	hooks    Hooks

	net      net.Conn
	maxFrame int

	writeMu sync.Mutex // held while a request is written, and for the order of pending
	nextID  int32

	mu      sync.Mutex
	pending []*call // in the order in which they were written
	answers int     // so many came
	err     error   // why the connection is dead; nil while it lives

	quietUntil time.Time // no request before it: the broker throttles this client

	dead chan struct{} // closed with err set
	done chan struct{} // closed when the reading goroutine has ended
}

// call is one request in flight.
type call struct {
	id    int32
	frame []byte // whole frame with its size prefix, once answered
	err   error
	ready chan struct{}
}

func newConn(nc net.Conn, addr string, cfg Config, secure security) *Conn {
	c := &Conn{
		addr:     addr,
		clientID: cfg.ClientID,
		secure:   secure,
		timeout:  cfg.RequestTimeout,
		hooks:    cfg.Hooks,
		net:      nc,
		maxFrame: maxHandshakeFrame,
		dead:     make(chan struct{}),
		done:     make(chan struct{}),
	}
	go c.read()
	return c
}

// Addr is the host:port that was dialled.
func (c *Conn) Addr() string { return c.addr }

// Dead is closed as soon as the connection can't be used any more.
func (c *Conn) Dead() <-chan struct{} { return c.dead }

// Close ends the connection and waits for its goroutine. Calls in flight fail
// with ErrClosed.
func (c *Conn) Close() error {
	c.kill(ErrClosed)
	<-c.done
	return nil
}

// RoundTrip sends a request and decodes its answer. A request that has none
// (produce with acks 0) returns nil.
//
// When ctx is cancelled the answer is thrown away as it arrives and the
// connection lives on; when the answer takes longer than the connection's
// request timeout, or than ctx's deadline, the connection dies with a
// TimeoutError.
func (c *Conn) RoundTrip(ctx context.Context, req protocol.Message) (protocol.Message, error) {
	return c.RoundTripWait(ctx, req, 0)
}

// RoundTripWait is RoundTrip for a request that the broker holds back on purpose:
// wait is added to the request timeout.
func (c *Conn) RoundTripWait(ctx context.Context, req protocol.Message, wait time.Duration) (protocol.Message, error) {
	version, ok := c.VersionOf(req)
	if !ok && req.ApiKey() != protocol.ApiVersions {
		return nil, &UnsupportedError{Addr: c.addr, Key: req.ApiKey()}
	}
	if r, ok := req.(interface{ HasResponse() bool }); ok && !r.HasResponse() {
		start := time.Now()
		_, err := c.send(ctx, req, version, false)
		c.hooks.answered(req.ApiKey(), start, err)
		return nil, err
	}
	frame, err := c.Frame(ctx, req, wait)
	if err != nil {
		return nil, err
	}
	res, err := decode(frame, req.ApiKey(), version)
	if err != nil {
		// Who sends such an answer can't be believed later ones either.
		err = fmt.Errorf("decode %s response from %s: %w", req.ApiKey(), c.addr, err)
		c.kill(err)
		return nil, err
	}
	c.throttle(res)
	return res, nil
}

func decode(frame []byte, key protocol.ApiKey, version int16) (protocol.Message, error) {
	if err := measure(frame, key, version); err != nil {
		return nil, err
	}
	_, res, err := protocol.ReadResponse(bytes.NewReader(frame), key, version)
	return res, err
}

// Frame sends a request and returns the raw answer: a 4 byte size, the 4 byte
// correlation ID, then header and body in the version that Version returns. The
// caller owns the slice. wait is added to the request timeout, for requests
// that the broker holds back on purpose (fetch, join).
func (c *Conn) Frame(ctx context.Context, req protocol.Message, wait time.Duration) ([]byte, error) {
	version, ok := c.VersionOf(req)
	if !ok && req.ApiKey() != protocol.ApiVersions {
		return nil, &UnsupportedError{Addr: c.addr, Key: req.ApiKey()}
	}
	start := time.Now()
	frame, err := c.await(ctx, req, version, start, wait)
	c.hooks.answered(req.ApiKey(), start, err)
	return frame, err
}

// await sends a request and waits for its answer.
func (c *Conn) await(ctx context.Context, req protocol.Message, version int16, start time.Time, wait time.Duration) ([]byte, error) {
	cl, err := c.send(ctx, req, version, true)
	if err != nil {
		return nil, err
	}
	timer := time.NewTimer(c.timeout + wait)
	defer timer.Stop()
	select {
	case <-cl.ready:
		return cl.frame, cl.err
	case <-timer.C:
	case <-ctx.Done():
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, ctx.Err()
		}
	}
	err = &TimeoutError{Addr: c.addr, Key: req.ApiKey(), Wait: time.Since(start)}
	c.kill(err)
	return nil, err
}

// send writes a request whole or kills the connection: half a request would
// garble every later one.
func (c *Conn) send(ctx context.Context, req protocol.Message, version int16, answered bool) (*call, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := c.awaitQuota(ctx, req.ApiKey()); err != nil {
		return nil, err
	}
	c.writeMu.Lock()
	defer c.writeMu.Unlock()

	c.nextID++
	cl := &call{id: c.nextID, ready: make(chan struct{})}
	if err := c.enqueue(cl, answered); err != nil {
		return nil, err
	}

	deadline := time.Now().Add(c.timeout)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	_ = c.net.SetWriteDeadline(deadline)
	cut := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = c.net.SetWriteDeadline(time.Unix(1, 0))
		close(cut)
	})
	err := protocol.WriteRequest(c.net, version, cl.id, c.clientID, req)
	if !stop() {
		<-cut // or it would cut the next request
	}
	if err != nil {
		err = fmt.Errorf("send %s to %s: %w", req.ApiKey(), c.addr, err)
		c.kill(err)
		return nil, err
	}
	return cl, nil
}

func (c *Conn) enqueue(cl *call, answered bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	if answered {
		c.pending = append(c.pending, cl)
	}
	return nil
}

// kill makes err the connection's fate, if it has none yet, and fails every
// call in flight with it.
func (c *Conn) kill(err error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = err
	pending := c.pending
	c.pending = nil
	close(c.dead)
	c.mu.Unlock()

	_ = c.net.Close()
	for _, cl := range pending {
		cl.err = err
		close(cl.ready)
	}
}
