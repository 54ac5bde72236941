package produce

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// A broker takes the requests of a connection one after the other, those of several
// connections at the same time. So a Send that needs several requests to a broker makes
// them on two connections, each request with other partitions: the numbers of a partition
// follow each other, and no batch depends on a request that has no answer yet.

// lines are the connections to one broker that a Send writes on.
var lines = []cluster.Purpose{cluster.Produce, cluster.ProduceBeside}

// quickAnswer is how soon a broker must have answered its last request, so that more than
// one is sent at a time. On a link that is slow they would only wait for each other.
const quickAnswer = 250 * time.Millisecond

// flights knows of each broker how quick it is, and what it has not answered.
type flights struct{ brokers[flight] }

type flight struct {
	quick bool
	bytes int // of the requests without an answer
}

// errNoLine is that of a request for which no connection beside the first is open any
// more. The first takes it.
var errNoLine = errors.New("no further connection to the broker")

// begin notes that a request of this size is sent. It returns the size of all that the
// broker has not answered.
func (f *flights) begin(broker int32, size int) (unanswered int) {
	f.change(broker, func(now *flight) {
		now.bytes += size
		unanswered = now.bytes
	})
	return unanswered
}

// end notes that a request of this size has ended.
func (f *flights) end(broker int32, size int, quick bool) {
	f.change(broker, func(now *flight) {
		now.bytes -= size
		now.quick = quick
	})
}

// minShare is from which size on, in bytes, a request is divided among connections.
const minShare = 256 << 10

// share is how large requests are, in bytes, where queues are divided among this many
// connections: each has a request for its part of them, and no more round trips to wait for
// than one connection would have. A quarter of a batch more is for those above the average.
func share(queues []*queue, lines int) int {
	if lines == 1 {
		return math.MaxInt
	}
	batch := sizeOf(queues) / len(queues)
	each := (len(queues) + lines - 1) / lines
	return max(each*batch+batch/4, minShare)
}

// waiting is what is to be written to one broker.
type waiting struct {
	mu     sync.Mutex
	queues []*queue
	share  int   // size of a request, in bytes
	err    error // of a request as a whole: no further one is sent
}

// next takes the queues of the next request. It returns none if nothing waits, or
// nothing more is to be sent.
func (w *waiting) next(ctx context.Context, p *Producer, broker int32) []*queue {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queues) == 0 || w.err != nil || ctx.Err() != nil {
		return nil
	}
	now := atMost(p.fit(broker, w.queues), w.share)
	w.queues = w.queues[len(now):]
	return slices.Clip(now)
}

// back puts back, in front, the queues of a request that have something left to write.
// After an error of the request itself nothing more is sent.
func (w *waiting) back(pl *plan, queues []*queue, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		fail(queues, err)
		w.err = cmp.Or(w.err, err)
		return
	}
	w.queues = append(pl.compact(queues), w.queues...)
}

// fail gives queues the error of a request.
func fail(queues []*queue, err error) {
	for _, q := range queues {
		q.err, q.fatal = err, !cluster.Retriable(err)
		q.uncounted = errors.As(err, new(*otherWayError))
	}
}

// lines are the connections to a broker that queues are written on. A further one is used
// once it is open: a broker may leave it waiting for as long as a dial may take.
func (p *Producer) lines(leader int32, queues []*queue) []cluster.Purpose {
	if p.cfg.Transactions != nil || !p.idempotent() {
		// Two first requests of a transaction at a time fail with NOT_ENOUGH_REPLICAS: the
		// broker asks about one. Without numbers nothing but the order on one connection
		// keeps a request that was given up from being written after the next.
		return lines[:1]
	}
	if !p.flights.known(leader).quick || sizeOf(queues) <= share(queues, len(lines)) {
		return lines[:1]
	}
	for i, beside := range lines[1:] {
		if p.client.Ready(leader, beside) == nil {
			return lines[:i+1]
		}
	}
	return lines
}

// writeLeader writes queues to one broker until they are empty or have failed.
func (p *Producer) writeLeader(ctx context.Context, pl *plan, leader int32, queues []*queue) {
	lines := p.lines(leader, queues)
	w := &waiting{queues: queues, share: share(queues, len(lines))}
	first := w.next(ctx, p, leader)
	var others sync.WaitGroup
	for _, beside := range lines[1:] {
		if now := w.next(ctx, p, leader); now != nil {
			others.Go(func() { p.writeLine(ctx, pl, leader, beside, w, now) })
		}
	}
	p.writeLine(ctx, pl, leader, lines[0], w, first)
	others.Wait()
	p.writeLine(ctx, pl, leader, lines[0], w, w.next(ctx, p, leader)) // what another left
	if w.err != nil {
		fail(w.queues, w.err)
		return
	}
	for _, q := range w.queues {
		q.err = context.Cause(ctx)
	}
}

// writeLine sends one request after the other on one connection, beginning with one of
// these queues.
func (p *Producer) writeLine(ctx context.Context, pl *plan, leader int32, line cluster.Purpose, w *waiting, now []*queue) {
	for ; now != nil; now = w.next(ctx, p, leader) {
		err := p.request(ctx, pl, leader, line, now)
		if errors.Is(err, errNoLine) {
			w.back(pl, now, nil)
			return
		}
		w.back(pl, now, err)
	}
}
