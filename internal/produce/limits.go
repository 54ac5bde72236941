package produce

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"
)

const (
	// MaxRequestBytes bounds a request unless the configuration says otherwise. Brokers
	// refuse more than 100 MiB (socket.request.max.bytes) by hanging up.
	MaxRequestBytes = 32 << 20
	// RequestRoom is what a request takes up besides one record batch, at most: its
	// header, with the client's and the topic's name.
	RequestRoom = 1024
	// smallestLimit is that of Azure Event Hubs. Java's max.request.size, 1 MiB, bounds
	// a whole request too, so that no broker can take less.
	smallestLimit = 1_046_528
	// minRequestBytes leaves room below it for what else is in a request.
	minRequestBytes = 1_000_000
)

// limits are how large requests to each broker may be, where that is less than
// Config.MaxRequestBytes. Nothing tells a client how much a broker takes. It shows when
// one hangs up on a large request: the next ones are then smaller, for good. Nor does
// anything tell how fast the way to it is: requests that take too long, or that a quota
// makes the client wait long for, are made smaller until they are quick again.
type limits struct{ brokers[limit] }

// limit is in bytes; 0 is none.
type limit struct {
	size int // that the broker takes
	pace int // that it answers in time
}

func (l *limits) of(broker int32, most int) int {
	now := l.known(broker)
	for _, n := range []int{now.size, now.pace} {
		if n > 0 {
			most = min(most, n)
		}
	}
	return most
}

// lower makes the next requests smaller than one of this many bytes, if that may help.
func (l *limits) lower(broker int32, queues, size int) bool {
	return l.halve(broker, queues, size, func(now *limit) *int { return &now.size })
}

// slower makes the next requests smaller, as one of this many bytes took too long.
func (l *limits) slower(broker int32, queues, size int) {
	l.halve(broker, queues, size, func(now *limit) *int { return &now.pace })
}

// halve makes one of a broker's limits half of what a request had. It returns false if
// there is nothing to leave out: the request had one batch, or was small.
func (l *limits) halve(broker int32, queues, size int, which func(*limit) *int) bool {
	if queues == 1 || size <= minRequestBytes {
		return false
	}
	l.change(broker, func(now *limit) { *which(now) = max(size/2, minRequestBytes) })
	return true
}

// faster lets requests grow again, as one of this many bytes was quick.
func (l *limits) faster(broker int32, size int) {
	l.change(broker, func(now *limit) {
		if now.pace == 0 || size <= now.pace/2 {
			return
		}
		if now.pace *= 2; now.pace >= MaxRequestBytes {
			now.pace = 0
		}
	})
}

// answered has the size of requests follow how quickly one was answered, and for how
// long the broker wants no further one.
func (l *limits) answered(broker int32, queues, size int, took, pause time.Duration) {
	const slow, quick = 5 * time.Second, time.Second
	switch {
	case took > slow || pause > slow:
		l.slower(broker, queues, size)
	case took < quick && pause == 0:
		l.faster(broker, size)
	}
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

// sizeOf is the size of a request with the first batches of queues, in bytes, at most.
func sizeOf(queues []*queue) (size int) {
	for _, q := range queues {
		size += q.requestSize()
	}
	return size
}

// fit takes as many queues from the front as one request to a broker may carry.
func (p *Producer) fit(broker int32, queues []*queue) []*queue {
	return atMost(queues, p.limits.of(broker, p.maxRequest()))
}

// atMost takes as many queues from the front as a request of this many bytes may carry, at
// least one.
func atMost(queues []*queue, limit int) []*queue {
	size := 0
	for i, q := range queues {
		if size += q.requestSize(); i > 0 && size > limit {
			return queues[:i]
		}
	}
	return queues
}

// maxRequest is how large the batches of a request may be.
func (p *Producer) maxRequest() int {
	return cmp.Or(p.cfg.MaxRequestBytes, MaxRequestBytes) - RequestRoom
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
