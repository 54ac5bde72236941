package hostile

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Liar changes answers on their way. Its methods may be called concurrently.
type Liar struct {
	ctx      context.Context // ends all connections
	requests atomic.Int64
	told     atomic.Int64 // lies
	tasks    sync.WaitGroup

	mu   sync.Mutex
	rng  *rand.Rand
	plan Plan
}

// Plan is which answers a Liar changes.
type Plan struct {
	Lies  []Lie
	Every float64  // the share of answers, 0 to 1
	Key   kmsg.Key // of the requests whose answers are changed; -1: all
	After int64    // requests that are answered truthfully before
}

// NewLiar returns a Liar whose connections end with ctx.
func NewLiar(ctx context.Context, seed uint64, plan Plan) *Liar {
	return &Liar{ctx: ctx, rng: rand.New(rand.NewPCG(seed, 0)), plan: plan}
}

// Requests is how many requests have come; Told how many answers were changed.
func (l *Liar) Requests() int64 { return l.requests.Load() }

// Told is how many answers were changed.
func (l *Liar) Told() int64 { return l.told.Load() }

// Wait waits for the end of all connections.
func (l *Liar) Wait() { l.tasks.Wait() }

// Dial connects to a broker through the Liar, as wire.Dialer has it.
func (l *Liar) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	broker, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	ours, theirs := net.Pipe()
	c := &connection{liar: l, broker: broker, client: ours, asked: make(chan request, 1000)}
	stop := context.AfterFunc(l.ctx, c.close)
	l.tasks.Go(func() { defer c.close(); c.requests() })
	l.tasks.Go(func() { defer stop(); defer c.close(); c.answers() })
	return theirs, nil
}

// lie chooses what becomes of an answer; nil: nothing.
func (l *Liar) lie(key int16) Lie {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.requests.Load() < l.plan.After || l.plan.Key >= 0 && int16(l.plan.Key) != key || l.rng.Float64() >= l.plan.Every {
		return nil
	}
	l.told.Add(1)
	return l.plan.Lies[l.rng.IntN(len(l.plan.Lies))]
}

// seed begins the random numbers of one lie, which is told without the lock.
func (l *Liar) seed() *rand.Rand {
	l.mu.Lock()
	defer l.mu.Unlock()
	return rand.New(rand.NewPCG(l.rng.Uint64(), 0))
}

// request is what its answer is read with.
type request struct {
	key, version int16
	id           int32
}

// connection is one to a broker. Brokers answer in the order of the requests.
type connection struct {
	liar           *Liar
	broker, client net.Conn
	asked          chan request
	once           sync.Once
}

func (c *connection) close() {
	c.once.Do(func() {
		_ = c.broker.Close()
		_ = c.client.Close()
	})
}

func (c *connection) requests() {
	defer close(c.asked)
	r := bufio.NewReader(c.client)
	for {
		frame, err := readFrame(r)
		if err != nil || len(frame) < 12 {
			return
		}
		c.liar.requests.Add(1)
		ask := request{
			key: int16(binary.BigEndian.Uint16(frame[4:])), version: int16(binary.BigEndian.Uint16(frame[6:])),
			id: int32(binary.BigEndian.Uint32(frame[8:])),
		}
		c.asked <- ask // each has an answer: nobody writes with acks 0 here
		if _, err := c.broker.Write(frame); err != nil {
			return
		}
	}
}

func (c *connection) answers() {
	r := bufio.NewReader(c.broker)
	for {
		frame, err := readFrame(r)
		if err != nil {
			return
		}
		ask, ok := <-c.asked
		if !ok {
			return
		}
		a := Answer{Key: ask.key, Version: ask.version, Frame: frame, send: c.send, ctx: c.liar.ctx}
		if lie := c.liar.lie(ask.key); lie != nil {
			a.rng = c.liar.seed()
			if !lie(&a) {
				return
			}
		}
		if _, err := c.client.Write(a.Frame); err != nil {
			return
		}
	}
}

// send writes to the client, and reports whether that went well.
func (c *connection) send(b []byte) bool {
	_, err := c.client.Write(b)
	return err == nil
}

func readFrame(r io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	frame := make([]byte, 4+binary.BigEndian.Uint32(size[:]))
	copy(frame, size[:])
	_, err := io.ReadFull(r, frame[4:])
	return frame, err
}

// Answer is what a lie changes.
type Answer struct {
	Key, Version int16
	Frame        []byte // with its size, correlation ID and header

	rng  *rand.Rand
	send func([]byte) bool
	ctx  context.Context
}

// Lie changes an answer. False ends the connection.
type Lie func(a *Answer) bool

// pause waits, unless all ends before.
func (a *Answer) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-a.ctx.Done():
	}
}

// change lets a function change the answer as kmsg has it. What can't be read stays.
func (a *Answer) change(f func(kmsg.Response)) {
	res := kmsg.ResponseForKey(a.Key)
	if res == nil {
		return
	}
	res.SetVersion(a.Version)
	header := 8
	if res.IsFlexible() && a.Key != int16(kmsg.ApiVersions) {
		header = 9 // no tags
	}
	if len(a.Frame) < header || res.ReadFrom(a.Frame[header:]) != nil {
		return
	}
	f(res)
	a.Frame = res.AppendTo(a.Frame[:header:header])
	binary.BigEndian.PutUint32(a.Frame, uint32(len(a.Frame)-4))
}
