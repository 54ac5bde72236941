package produce

import (
	"encoding/binary"
	"errors"
	"io"
	"math/rand"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// liar is a network that, at random, cuts answers of brokers, says of batches that are
// written that they are not, or nothing, and lets requests arrive late, on a connection
// that nobody listens to any more.
type liar struct {
	mu               sync.Mutex
	rnd              *rand.Rand
	cuts, lies, late atomic.Int64 // of 1,000 frames, answers and requests
	quiet            bool
	held             sync.WaitGroup
}

func (l *liar) intn(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rnd.Intn(n)
}

func (l *liar) hits(rate *atomic.Int64) bool { return int64(l.intn(1000)) < rate.Load() }

// calm has all arrive, and nothing go wrong from then on.
func (l *liar) calm() {
	for _, rate := range []*atomic.Int64{&l.cuts, &l.lies, &l.late} {
		rate.Store(0)
	}
	l.mu.Lock()
	l.quiet = true // a request that would still be held back is lost
	l.mu.Unlock()
	l.held.Wait()
}

func (l *liar) option() kfake.Opt {
	return kfake.ListenFn(func(network, address string) (net.Listener, error) {
		listener, err := net.Listen(network, address)
		return lyingListener{listener, l}, err
	})
}

type lyingListener struct {
	net.Listener
	l *liar
}

func (l lyingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return &lyingConn{Conn: c, l: l.l, versions: make(map[uint32]int16)}, err
}

// lyingConn is a broker's end of a connection.
type lyingConn struct {
	net.Conn
	l       *liar
	request []byte // what the broker has not read of it yet

	mu       sync.Mutex
	versions map[uint32]int16 // of produce requests, by correlation ID
}

// Read reads a request whole before the broker gets it.
func (c *lyingConn) Read(b []byte) (int, error) {
	if len(c.request) == 0 {
		var size [4]byte
		if _, err := io.ReadFull(c.Conn, size[:]); err != nil {
			return 0, err
		}
		frame := append(size[:], make([]byte, binary.BigEndian.Uint32(size[:]))...)
		if _, err := io.ReadFull(c.Conn, frame[4:]); err != nil {
			return 0, err
		}
		if binary.BigEndian.Uint16(frame[4:]) == uint16(kmsg.Produce) {
			c.mu.Lock()
			c.versions[binary.BigEndian.Uint32(frame[8:])] = int16(binary.BigEndian.Uint16(frame[6:]))
			c.mu.Unlock()
			if c.l.hits(&c.l.late) {
				_ = c.Close()
				c.l.hold(c.LocalAddr().String(), frame)
				return 0, errors.New("held back")
			}
		}
		c.request = frame
	}
	n := copy(b, c.request)
	c.request = c.request[n:]
	return n, nil
}

// hold sends a request to a broker later.
func (l *liar) hold(addr string, frame []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.quiet {
		return
	}
	wait := time.Duration(l.rnd.Intn(50)) * time.Millisecond
	l.held.Go(func() {
		time.Sleep(wait)
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = conn.Write(frame)
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		_, _ = conn.Read(make([]byte, 1))
	})
}

func (c *lyingConn) Write(frame []byte) (int, error) {
	if c.l.hits(&c.l.cuts) {
		_ = c.Close()
		return 0, errors.New("cut")
	}
	c.mu.Lock()
	version, ok := c.versions[binary.BigEndian.Uint32(frame[4:])]
	c.mu.Unlock()
	if ok && c.l.hits(&c.l.lies) {
		if _, err := c.Conn.Write(c.l.lie(frame, version)); err != nil {
			return 0, err
		}
		return len(frame), nil
	}
	return c.Conn.Write(frame)
}

// doubtful are codes that a broker may answer with after it has written a batch.
var doubtful = []*kerr.Error{kerr.UnknownServerError, kerr.RequestTimedOut, kerr.NotEnoughReplicasAfterAppend, kerr.NotLeaderForPartition, kerr.KafkaStorageError}

// lie spoils an answer about batches that may be written.
func (l *liar) lie(frame []byte, version int16) []byte {
	res := kmsg.NewPtrProduceResponse()
	res.SetVersion(version)
	header := 8 // size, correlation ID
	if res.IsFlexible() {
		header++ // no tagged fields
	}
	if res.ReadFrom(frame[header:]) != nil {
		return frame
	}
	for i := range res.Topics {
		parts := res.Topics[i].Partitions
		for j := range parts {
			if parts[j].ErrorCode == 0 && l.intn(2) == 0 {
				parts[j].ErrorCode = doubtful[l.intn(len(doubtful))].Code
			}
		}
		if l.intn(4) == 0 {
			res.Topics[i].Partitions = parts[:l.intn(len(parts))]
		}
	}
	out := res.AppendTo(frame[:header:header])
	binary.BigEndian.PutUint32(out, uint32(len(out)-4))
	return out
}
