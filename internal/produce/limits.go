package produce

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
)

const (
	// maxRequestBytes bounds one request; brokers refuse more than 100 MiB
	// (socket.request.max.bytes) by hanging up.
	maxRequestBytes = 32 << 20
	// smallestLimit is that of Azure Event Hubs. Java's max.request.size, 1 MiB, bounds
	// a whole request too, so that no broker can take less.
	smallestLimit = 1_046_528
	// minRequestBytes leaves room below it for what else is in a request.
	minRequestBytes = 1_000_000
)

// limits are how large requests to each broker may be, where that is less than
// maxRequestBytes. Nothing tells a client how much a broker takes. It shows when one
// hangs up on a large request: the next ones are then smaller, for good.
type limits struct {
	mu       sync.Mutex
	byBroker map[int32]int
}

func (l *limits) of(broker int32) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n, ok := l.byBroker[broker]; ok {
		return n
	}
	return maxRequestBytes
}

// lower makes the next requests smaller than one of this many bytes, if that may help.
func (l *limits) lower(broker int32, queues, size int) bool {
	if queues == 1 || size <= minRequestBytes {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byBroker == nil {
		l.byBroker = make(map[int32]int)
	}
	l.byBroker[broker] = max(size/2, minRequestBytes)
	return true
}

// hungUp is the error of a request during which the broker hung up. Where its size may
// be the reason it says so, and not what else a broker hangs up for.
func (l *limits) hungUp(broker int32, addr string, queues []*queue, err error) error {
	size := sizeOf(queues)
	lowered := l.lower(broker, len(queues), size)
	if !lowered && size <= smallestLimit {
		return err
	}
	err = fmt.Errorf("write to %s: the broker hung up on a request of %d bytes, which may be more than it takes: %w", addr, size, hangup(err))
	if lowered {
		return &otherWayError{err}
	}
	return fmt.Errorf("%w (it is one record batch: lower batchBytes)", err)
}

// sizeOf is the size of a request with the first batches of queues, in bytes.
func sizeOf(queues []*queue) (size int) {
	for _, q := range queues {
		size += perQueue + len(q.topic) + len(q.batches[0].encoded)
	}
	return size
}

// fit takes as many queues from the front as one request to a broker may carry.
func (p *Producer) fit(broker int32, queues []*queue) []*queue {
	limit, size := p.limits.of(broker), 0
	for i, q := range queues {
		b := q.batches[0]
		size += perQueue + len(q.topic)
		if n := len(b.encoded); n > 0 {
			size += n
		} else {
			size += b.writer.Size()
		}
		if i > 0 && size > limit {
			return queues[:i]
		}
	}
	return queues
}

// hungUp reports whether an error says that the other end closed the connection.
func hungUp(err error) bool { return hangup(err) != nil }

// hangup is what the error of a connection that the other end closed is about.
func hangup(err error) error {
	for _, cause := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, cause) {
			return cause
		}
	}
	return nil
}

// otherWayError is an error for which there is no need to wait, and which does not
// count as an attempt: the same is sent in another way.
type otherWayError struct{ err error }

func (e *otherWayError) Error() string { return e.err.Error() }
func (e *otherWayError) Unwrap() error { return e.err }
