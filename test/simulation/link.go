package simulation

import (
	"encoding/binary"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// forever is when what is held for good would arrive.
const forever = 1000 * time.Hour

// link is one connection from a host to a broker.
type link struct {
	network *Network
	id      string
	host    *Host
	broker  string // address
	client  *end
	server  *end

	mu      sync.Mutex
	frame   []byte // the beginning of the request that is being written
	rest    int    // bytes of it that are still to come
	pending []request
	fetches bool // one of its requests was a fetch
}

// request is the header of a request.
type request struct {
	key, version int16
	id           int32
}

// reset ends the connection at both ends at once.
func (l *link) reset() {
	l.client.in.fail(errReset)
	l.server.in.fail(errReset)
	l.network.forget(l)
}

// hold keeps everything back in both directions.
func (l *link) hold(until time.Time) {
	l.client.in.hold(until)
	l.server.in.hold(until)
}

// hasFetched reports whether fetches use the connection.
func (l *link) hasFetched() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fetches
}

// asked looks at what a client writes, for the headers of requests.
func (l *link) asked(b []byte) {
	l.mu.Lock()
	var found []request
	for len(b) > 0 {
		if l.rest > 0 {
			n := min(l.rest, len(b))
			l.rest -= n
			b = b[n:]
			continue
		}
		n := min(12-len(l.frame), len(b))
		l.frame = append(l.frame, b[:n]...)
		b = b[n:]
		if len(l.frame) == 12 {
			f := l.frame
			r := request{int16(binary.BigEndian.Uint16(f[4:])), int16(binary.BigEndian.Uint16(f[6:])), int32(binary.BigEndian.Uint32(f[8:]))}
			l.rest = int(binary.BigEndian.Uint32(f)) - 8
			l.frame = l.frame[:0]
			l.pending = append(l.pending, r)
			l.fetches = l.fetches || kmsg.Key(r.key) == kmsg.Fetch
			found = append(found, r)
		}
	}
	l.mu.Unlock()
	for _, r := range found {
		l.network.count(l, r)
	}
}

// answered finds the request of an answer, which is always written whole.
func (l *link) answered(frame []byte) (request, bool) {
	if len(frame) < 8 {
		return request{}, false
	}
	id := int32(binary.BigEndian.Uint32(frame[4:]))
	l.mu.Lock()
	defer l.mu.Unlock()
	at := slices.IndexFunc(l.pending, func(r request) bool { return r.id == id })
	if at < 0 {
		return request{}, false
	}
	r := l.pending[at]
	l.pending = l.pending[at+1:]
	return r, true
}

// end is one end of a connection.
type end struct {
	link          *link
	in, out       *half
	local, remote net.Addr
	broker        bool
}

func (e *end) Read(b []byte) (int, error) { return e.in.read(b) }

func (e *end) Write(b []byte) (int, error) {
	c := slices.Clone(b)
	if !e.broker {
		e.link.asked(c)
	} else if r, ok := e.link.answered(c); ok {
		e.link.network.change(e.link, r, c)
	}
	return e.out.write(c)
}

// Close ends the connection in the ordinary way.
func (e *end) Close() error {
	e.in.fail(net.ErrClosed)
	if arrives, more := e.out.end(); more && !e.broker {
		e.link.network.Belated(arrives)
	}
	e.link.network.forget(e.link)
	return nil
}

func (e *end) LocalAddr() net.Addr  { return e.local }
func (e *end) RemoteAddr() net.Addr { return e.remote }

func (e *end) SetReadDeadline(t time.Time) error {
	e.in.change(func() { e.in.readBy = t })
	return nil
}

func (e *end) SetWriteDeadline(t time.Time) error {
	e.out.change(func() { e.out.writeBy = t })
	return nil
}

func (e *end) SetDeadline(t time.Time) error {
	_ = e.SetReadDeadline(t)
	return e.SetWriteDeadline(t)
}
