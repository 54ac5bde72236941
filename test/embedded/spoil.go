package embedded

import (
	"encoding/binary"
	"math/rand/v2"
	"net"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Spoil is a way in which an answer gets lost or broken although the broker has
// done what it was asked for.
type Spoil struct {
	Name string
	// frame makes what is sent of a whole answer: size, correlation ID, body.
	frame  func(frame []byte) []byte
	hangup bool // afterwards
}

// Spoils lists the ways.
func Spoils() []Spoil {
	return []Spoil{
		{Name: "cut before the answer", hangup: true, frame: func([]byte) []byte { return nil }},
		{Name: "cut in the size", hangup: true, frame: func(f []byte) []byte { return f[:2] }},
		{Name: "cut in the middle of the answer", hangup: true, frame: func(f []byte) []byte { return f[:len(f)-1] }},
		{Name: "cut after the answer", hangup: true, frame: func(f []byte) []byte { return f }},
		{Name: "another correlation ID", frame: func(f []byte) []byte { f[4] ^= 1; return f }},
		{Name: "an answer without its end", frame: func(f []byte) []byte { return resized(f[:8+(len(f)-8)/2]) }},
		{Name: "an answer without a body", frame: func(f []byte) []byte { return resized(f[:8]) }},
		{Name: "an answer with something after it", frame: func(f []byte) []byte { return resized(append(f, 0)) }},
		{Name: "all ones", frame: func(f []byte) []byte { return overwritten(f, func() byte { return 0xff }) }},
		{Name: "large counts", frame: func(f []byte) []byte { return overwritten(f, func() byte { return 0x7f }) }},
		// No byte is negative: an array of length -1 is none, which leaves an answer that has
		// nothing but an error code that nobody knows.
		{Name: "noise", frame: func(f []byte) []byte { return overwritten(f, func() byte { return byte(1 + rand.IntN(127)) }) }},
	}
}

// Silence is an answer that never comes, on a connection that stays, as of a broker
// that is frozen. It isn't one of Spoils: only time tells it from a slow answer.
func Silence() Spoil {
	return Spoil{Name: "silence", frame: func([]byte) []byte { return nil }}
}

func resized(frame []byte) []byte {
	binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
	return frame
}

func overwritten(frame []byte, b func() byte) []byte {
	for i := range frame[8:] {
		frame[8+i] = b()
	}
	return frame
}

// Spoiler spoils answers of the cluster that it is given to as an option.
type Spoiler struct {
	mu    sync.Mutex
	spoil Spoil
	key   int16
	times int
}

// Option makes a cluster send its answers through the spoiler.
func (s *Spoiler) Option() kfake.Opt {
	return kfake.ListenFn(func(network, address string) (net.Listener, error) {
		l, err := net.Listen(network, address)
		return spoiledListener{l, s}, err
	})
}

// Next spoils the next n answers to requests of one kind.
func (s *Spoiler) Next(key kmsg.Key, spoil Spoil, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key, s.spoil, s.times = key.Int16(), spoil, times
}

// Left is how many answers are still to be spoiled.
func (s *Spoiler) Left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.times
}

func (s *Spoiler) take(key int16) (Spoil, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.times == 0 || s.key != key {
		return Spoil{}, false
	}
	s.times--
	return s.spoil, true
}

type spoiledListener struct {
	net.Listener
	spoiler *Spoiler
}

func (l spoiledListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &spoiledConn{Conn: c, spoiler: l.spoiler, keys: make(map[uint32]int16)}, nil
}

// spoiledConn is a broker's end of a connection. It learns from the requests which
// answer belongs to which kind.
type spoiledConn struct {
	net.Conn
	spoiler *Spoiler

	head []byte // the first bytes of the request that is being read
	body int    // bytes of it that are still to come

	mu   sync.Mutex
	keys map[uint32]int16 // by correlation ID
}

func (c *spoiledConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.follow(b[:n])
	return n, err
}

func (c *spoiledConn) follow(b []byte) {
	const size, head = 4, 12 // size, key, version, correlation ID
	for len(b) > 0 {
		if c.body > 0 {
			n := min(c.body, len(b))
			c.body -= n
			b = b[n:]
			continue
		}
		n := min(head-len(c.head), len(b))
		c.head = append(c.head, b[:n]...)
		b = b[n:]
		if len(c.head) == head {
			c.mu.Lock()
			c.keys[binary.BigEndian.Uint32(c.head[8:])] = int16(binary.BigEndian.Uint16(c.head[size:]))
			c.mu.Unlock()
			c.body = int(binary.BigEndian.Uint32(c.head)) - (head - size)
			c.head = c.head[:0]
		}
	}
}

// Write gets one whole answer at a time.
func (c *spoiledConn) Write(frame []byte) (int, error) {
	id := binary.BigEndian.Uint32(frame[4:])
	c.mu.Lock()
	key := c.keys[id]
	delete(c.keys, id)
	c.mu.Unlock()
	spoil, ok := c.spoiler.take(key)
	if !ok {
		return c.Conn.Write(frame)
	}
	if _, err := c.Conn.Write(spoil.frame(slices.Clone(frame))); err != nil {
		return 0, err
	}
	if spoil.hangup {
		return 0, c.Close()
	}
	return len(frame), nil
}
