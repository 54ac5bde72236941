package simulation

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

var (
	errReset   = errors.New("connection reset by peer")
	errRefused = errors.New("connection refused")
)

// window is how many bytes may be on their way in one direction before a writer
// waits.
const window = 256 << 10

// half is one direction of a connection, with one reader and any number of writers.
// Everybody waits on channels and timers, never with the lock held: a bubble's time
// stands still while a goroutine waits for a mutex.
type half struct {
	delay func() time.Duration // of what is written next

	mu       sync.Mutex
	queue    []chunk
	size     int       // bytes in the queue
	last     time.Time // when the last chunk arrives
	held     time.Time // nothing is delivered before
	ended    bool      // the writer has closed it
	endAt    time.Time
	err      error // of reads and writes, at once
	readBy   time.Time
	writeBy  time.Time
	cutAfter int    // bytes that still pass before cut is called; negative: no limit
	cut      func() // resets the connection
	readable chan struct{}
	room     chan struct{}
}

type chunk struct {
	at   time.Time
	data []byte
}

func newHalf(delay func() time.Duration) *half {
	return &half{delay: delay, cutAfter: -1, readable: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// change does something with the lock held, and lets those who wait look again.
func (h *half) change(f func()) {
	h.mu.Lock()
	f()
	h.mu.Unlock()
	wake(h.readable)
	wake(h.room)
}

// hold keeps back what is on its way, and what follows, until then.
func (h *half) hold(until time.Time) {
	h.change(func() { h.held = later(h.held, until) })
}

// fail ends reads and writes with an error, and drops what is on its way.
func (h *half) fail(err error) {
	h.change(func() {
		if h.err == nil {
			h.err = err
		}
	})
}

// end closes it in the ordinary way: what is on its way still arrives. It returns when
// the end does, and whether there is something before it.
func (h *half) end() (arrives time.Time, more bool) {
	h.change(func() {
		if !h.ended {
			h.ended, h.endAt = true, h.arrivalLocked()
		}
		arrives, more = later(h.endAt, h.held), len(h.queue) > 0
	})
	return arrives, more
}

// cutIn lets n more bytes pass and then calls cut.
func (h *half) cutIn(n int, cut func()) {
	h.change(func() { h.cutAfter, h.cut = n, cut })
}

func (h *half) arrivalLocked() time.Time {
	h.last = later(time.Now().Add(h.delay()), h.last.Add(1))
	return h.last
}

// write takes over b.
func (h *half) write(b []byte) (int, error) {
	for {
		h.mu.Lock()
		switch {
		case h.err != nil:
			defer h.mu.Unlock()
			return 0, h.err
		case h.ended:
			h.mu.Unlock()
			return 0, net.ErrClosed
		case h.size <= window:
			cut := h.queueLocked(b)
			h.mu.Unlock()
			wake(h.readable)
			if cut != nil {
				cut()
			}
			return len(b), nil
		case passed(h.writeBy):
			h.mu.Unlock()
			return 0, os.ErrDeadlineExceeded
		}
		by := h.writeBy
		h.mu.Unlock()
		await(h.room, by)
	}
}

// queueLocked puts bytes on their way. It returns what cuts the connection, where
// that is to happen now.
func (h *half) queueLocked(b []byte) (cut func()) {
	if h.cutAfter >= 0 {
		if h.cutAfter >= len(b) {
			h.cutAfter -= len(b)
		} else {
			b, cut = b[:h.cutAfter], h.cut
			h.cutAfter = 0
		}
	}
	if len(b) > 0 {
		h.queue = append(h.queue, chunk{h.arrivalLocked(), b})
		h.size += len(b)
	}
	return cut
}

func (h *half) read(b []byte) (int, error) {
	for {
		h.mu.Lock()
		if h.err != nil {
			defer h.mu.Unlock()
			return 0, h.err
		}
		next := h.nextLocked()
		switch {
		case passed(next) && len(h.queue) > 0:
			n := h.takeLocked(b)
			h.mu.Unlock()
			wake(h.room)
			return n, nil
		case passed(next):
			h.mu.Unlock()
			return 0, io.EOF
		case passed(h.readBy):
			h.mu.Unlock()
			return 0, os.ErrDeadlineExceeded
		}
		if next.IsZero() || !h.readBy.IsZero() && h.readBy.Before(next) {
			next = h.readBy
		}
		h.mu.Unlock()
		await(h.readable, next)
	}
}

// nextLocked returns when there is something to read, the end included; zero: nobody
// knows.
func (h *half) nextLocked() time.Time {
	switch {
	case len(h.queue) > 0:
		return later(h.queue[0].at, h.held)
	case h.ended:
		return later(h.endAt, h.held)
	}
	return time.Time{}
}

func (h *half) takeLocked(b []byte) int {
	first := &h.queue[0]
	n := copy(b, first.data)
	if first.data = first.data[n:]; len(first.data) == 0 {
		h.queue[0] = chunk{}
		h.queue = h.queue[1:]
	}
	h.size -= n
	return n
}

// passed reports whether a time has come; the zero time never does.
func passed(t time.Time) bool { return !t.IsZero() && !t.After(time.Now()) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// await waits for a wake-up, and no longer than until t, unless that is zero.
func await(c <-chan struct{}, t time.Time) {
	if t.IsZero() {
		<-c
		return
	}
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-c:
	case <-timer.C:
	}
}
