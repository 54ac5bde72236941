package produce

import (
	"fmt"
	"slices"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// The next Send may begin with a part of what the last one left: with as many messages
// as somebody has at a time now, or after some of them, which went to a dead-letter
// queue. Those that it passes over are not sent any more, and those that come after its
// last one are held back for the Send after it. A batch that a broker may have is sent
// again whole, as nothing else shows whether the broker has it: the messages in it that
// were passed over were in doubt, and still are.

// resume returns the plan of the last Send if that failed and messages begin with some
// of what it left, otherwise nil.
func (p *Producer) resume(messages []message.Message) *plan {
	pl := p.unsettled
	if pl == nil {
		return nil
	}
	p.unsettled = nil
	if !p.narrow(pl, messages) {
		p.sequences.settle(pl)
		pl.release()
		return nil
	}
	for _, q := range pl.queues {
		q.err, q.last, q.denials, q.fatal, q.uncounted = nil, nil, cluster.Insistence{}, false, false
		for _, b := range q.batches {
			b.attempts, b.refused = 0, nil
			if !b.inDoubt() {
				b.corrupt = 0
			}
		}
	}
	return pl
}

// narrow leaves those messages in a plan that are sent again. It returns false if the
// first message is not one of them.
func (p *Producer) narrow(pl *plan, messages []message.Message) bool {
	passed := make([]bool, len(pl.messages))
	at, found, changed := pl.from, 0, false
	for ; found < len(messages); found++ {
		i := pl.find(&messages[found], at)
		if i < 0 {
			break
		}
		for ; at < i; at++ {
			passed[at], changed = !pl.passed[at], true
		}
		at++
	}
	if found == 0 {
		return false
	}
	if found == len(messages) {
		pl.until = at
	} else {
		for ; at < len(pl.messages); at++ {
			passed[at], changed = !pl.passed[at], true
		}
	}
	if changed || pl.until < len(pl.messages) {
		p.pass(pl, passed)
	}
	return true
}

// find returns the index of a message among those that are left, from at on; -1 if it is
// not one of them.
func (pl *plan) find(m *message.Message, at int) int {
	for i := at; i < len(pl.messages); i++ {
		if !pl.passed[i] && same(m, &pl.messages[i]) {
			return i
		}
	}
	return -1
}

// pass takes the messages out of a plan that are passed over, and divides the batches in
// which some are held back.
func (p *Producer) pass(pl *plan, passed []bool) {
	for i, is := range passed {
		if is {
			pl.passed[i], pl.durable[i] = true, true
		}
	}
	for _, q := range pl.queues {
		if !slices.ContainsFunc(q.batches, func(b *batch) bool { return !pl.whole(b) }) {
			continue
		}
		p.passQueue(pl, q)
	}
}

// whole reports whether a batch goes out as it is, now or later.
func (pl *plan) whole(b *batch) bool {
	last := b.indexes[len(b.indexes)-1]
	return (b.indexes[0] >= pl.until || last < pl.until) && !slices.ContainsFunc(b.indexes, pl.passedOver)
}

func (pl *plan) passedOver(i int) bool { return pl.passed[i] }

// strip leaves the messages that were passed over out of the first batch of a queue, after
// the broker has refused what is in it, or its number: no attempt to write it was
// successful.
func (p *Producer) strip(pl *plan, q *queue, err error) {
	if q.batches[0].inDoubt() {
		q.batches[0].stamped = false
		p.sequences.renumber(q.batches[1:])
		q.err, q.uncounted = fmt.Errorf("write to %s/%d: %w", q.Topic, q.Partition, err), true
	}
	p.passQueue(pl, q)
}

func (p *Producer) passQueue(pl *plan, q *queue) {
	for _, b := range slices.Backward(q.batches) {
		if b.inDoubt() {
			break
		}
		p.sequences.retract(q.TopicPartition, b)
	}
	before := q.batches
	q.batches = nil
	for _, b := range before {
		left := slices.DeleteFunc(slices.Clone(b.indexes), pl.passedOver)
		switch {
		case pl.whole(b), b.inDoubt() && len(left) > 0:
			q.batches = append(q.batches, b)
			continue
		case b.inDoubt():
			p.sequences.abandon() // nobody knows which number the broker expects next
		}
		p.writers.give(b.writer)
		for _, i := range left {
			if err := pl.put(q, recordbatch.Measure(&pl.messages[i].Record), i); err != nil {
				q.err, q.fatal = pl.recordError(i, err), true
			}
		}
	}
}

// inDoubt reports whether a broker may have a batch, and would recognise it.
func (b *batch) inDoubt() bool { return b.stamped && b.uncertain }

// wanted counts the messages from one index to before another that were not passed over.
func (pl *plan) wanted(from, to int) (n int) {
	for _, passed := range pl.passed[from:to] {
		if !passed {
			n++
		}
	}
	return n
}

// told is the first message that the caller does not know to be written: it is not, or
// it is held back.
func (pl *plan) told() int { return min(pl.written(), pl.until) }

// pending reports whether something of a queue is to be written now.
func (pl *plan) pending(q *queue) bool { return len(q.batches) > 0 && pl.first(q) < pl.until }
