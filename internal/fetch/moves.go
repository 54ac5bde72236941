package fetch

import (
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// The functions in this file are all that changes who has a partition. The lock is
// held.

// fetchFrom gives a partition to the loop of the node of its question.
func (f *Fetcher) fetchFrom(p *partition) {
	delete(f.unassigned, p)
	b := f.brokers[p.node]
	if b == nil {
		b = newBroker(p.node)
		f.brokers[p.node] = b
		f.wg.Add(1)
		go f.loop(b)
	}
	p.state = fetching
	b.parts[p] = struct{}{}
	b.look()
}

// free takes a partition from whoever has it and gives it to the router, which looks
// after it at retryAt.
func (f *Fetcher) free(p *partition) {
	f.release(p)
	p.state, p.node, p.replica = routing, noLeader, false
	f.unassigned[p] = struct{}{}
	f.wakeRouter()
}

// release takes a partition from its loop.
func (f *Fetcher) release(p *partition) {
	if p.state == fetching {
		delete(f.brokers[p.node].parts, p)
	}
}

// remove ends an assignment, if there is one.
func (f *Fetcher) remove(k message.TopicPartition) {
	p, ok := f.parts[k]
	if !ok {
		return
	}
	f.release(p)
	f.admit(p)
	p.state = removed
	delete(f.unassigned, p)
	delete(f.parts, k)
	f.makeRoom() // a decoder may wait to hand its records over
}

// retryLater frees a partition after an attempt that brought nothing: the router looks
// for its leader at once the first time, so that a moved leader is followed without
// delay, and ever later after that.
func (f *Fetcher) retryLater(p *partition) {
	p.retryAt = time.Now().Add(backoff(p.misses))
	p.misses++
	f.free(p)
}

// markLost frees a partition that can't be read on from its offset.
func (f *Fetcher) markLost(p *partition, why Reason) {
	p.lost = why
	p.near.node = noLeader
	p.retryAt = time.Time{}
	f.free(p)
}

const (
	minRetry = 20 * time.Millisecond
	maxRetry = time.Second
	// slowRetry is where the wait ends to grow. Metadata is asked for that often in
	// any case.
	slowRetry = 10 * time.Second

	// maxMisses is how many attempts in a row, some seconds of them, are in vain
	// before it counts as trouble.
	maxMisses = 10
)

// soon follows a cluster closely while it moves leaders. Partitions that have lost their
// leader together are looked after together.
var soon = cluster.NewSteadyRetry(minRetry, maxRetry)

// backoff is the wait before an attempt, given how many were in vain before the last one.
// Trouble that lasts is looked at less often: about each time that it has become a quarter
// older.
func backoff(misses int) time.Duration {
	if misses == 0 {
		return 0
	}
	d := soon.After(misses)
	for i := maxMisses; i < misses && d < slowRetry; i++ {
		d += d / 4
	}
	return min(d, slowRetry)
}
