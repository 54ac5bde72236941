package wire

import (
	"bytes"
	"context"
	"errors"
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
	// maxAnswer bounds those without records: a million partitions take about 60 MB of
	// metadata.
	maxAnswer = 128 << 20
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
	trusted  int // size that the next answer may claim before it arrives; the reader's own

	turn   chan struct{} // full while somebody writes; see take
	nextID int32

	mu       sync.Mutex
	pending  []*call   // in the order in which they were written
	answers  int       // this many came
	heard    time.Time // when the last one did, or the connection began
	answered int32     // the last one's correlation ID
	posted   int32     // that of the last request that has no answer
	err      error     // why the connection is dead; nil while it lives
	retired  bool      // it ends with the last answer

	quietUntil time.Time // the broker reads nothing before it: it throttles this client

	session session // with the broker; the zero value lasts as long as the connection

	ctx    context.Context // ends, with err set, when the connection is dead
	cancel context.CancelFunc
	tasks  sync.WaitGroup // the goroutines of the connection
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
		turn:     make(chan struct{}, 1),
		heard:    time.Now(),
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.tasks.Go(c.read)
	return c
}

// Addr is the host:port that was dialled.
func (c *Conn) Addr() string { return c.addr }

// Dead is closed as soon as the connection can't be used any more.
func (c *Conn) Dead() <-chan struct{} { return c.ctx.Done() }

// RoundTrip sends a request and decodes its answer. A request that has none
// (produce with acks 0) returns nil.
//
// When ctx is cancelled the answer is thrown away as it arrives and the
// connection lives on; when the answer takes longer than the connection's
// request timeout, or than ctx's deadline, or when ctx is cancelled with a
// *GiveUp as its cause, the connection dies with a TimeoutError.
func (c *Conn) RoundTrip(ctx context.Context, req protocol.Message) (protocol.Message, error) {
	return c.RoundTripWait(ctx, req, 0)
}

// RoundTripWait is RoundTrip for a request that the broker holds back on purpose:
// wait is added to the request timeout.
func (c *Conn) RoundTripWait(ctx context.Context, req protocol.Message, wait time.Duration) (protocol.Message, error) {
	if r, ok := req.(interface{ HasResponse() bool }); ok && !r.HasResponse() {
		return nil, c.Post(ctx, req)
	}
	frame, err := c.Frame(ctx, req, wait)
	if err != nil {
		return nil, err
	}
	return c.decode(req, frame)
}

// Frame sends a request and returns the raw answer: a 4 byte size, the 4 byte
// correlation ID, then header and body in the version that Version returns. The
// caller owns the slice. wait is added to the request timeout, for requests
// that the broker holds back on purpose (fetch, join).
func (c *Conn) Frame(ctx context.Context, req protocol.Message, wait time.Duration) ([]byte, error) {
	return c.ask(ctx, req, wait, c.writeInTurn)
}

// exchange is RoundTrip for a caller that has the turn to write, and keeps it until
// the answer is there.
func (c *Conn) exchange(ctx context.Context, req protocol.Message) (protocol.Message, error) {
	frame, err := c.ask(ctx, req, 0, c.write)
	if err != nil {
		return nil, err
	}
	return c.decode(req, frame)
}

// Post sends a request that has no answer.
func (c *Conn) Post(ctx context.Context, req protocol.Message) error {
	version, err := c.speak(req)
	if err != nil {
		return err
	}
	start := time.Now()
	_, err = c.writeInTurn(ctx, req, version, noAnswer)
	c.hooks.answered(req.ApiKey(), start, err)
	return err
}

// ask writes a request, in one way or the other, and waits for its answer.
func (c *Conn) ask(ctx context.Context, req protocol.Message, wait time.Duration, write writeFunc) ([]byte, error) {
	version, err := c.speak(req)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	var frame []byte
	cl, err := write(ctx, req, version, wait)
	if err == nil {
		frame, err = c.await(ctx, cl)
	}
	c.hooks.answered(req.ApiKey(), start, err)
	return frame, err
}

// await waits for the answer, and leaves the connection when it takes too long.
func (c *Conn) await(ctx context.Context, cl *call) ([]byte, error) {
	timer := time.NewTimer(time.Until(cl.due))
	defer timer.Stop()
	var why *GiveUp
	select {
	case <-cl.ready:
		return cl.frame, cl.err
	case <-timer.C:
	case <-ctx.Done():
		if !errors.As(context.Cause(ctx), &why) && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, ctx.Err()
		}
	}
	err := &TimeoutError{Addr: c.addr, Key: cl.key, Wait: time.Since(cl.sent), Why: why}
	c.kill(err)
	return nil, err
}

// decode reads an answer.
func (c *Conn) decode(req protocol.Message, frame []byte) (protocol.Message, error) {
	version, _ := c.VersionOf(req)
	res, err := decode(frame, req.ApiKey(), version)
	if err != nil {
		return nil, c.Refuse(req.ApiKey(), err)
	}
	return res, nil
}

func decode(frame []byte, key protocol.ApiKey, version int16) (protocol.Message, error) {
	if err := measure(frame, key, version); err != nil {
		return nil, err
	}
	_, res, err := protocol.ReadResponse(bytes.NewReader(frame), key, version)
	return res, err
}
