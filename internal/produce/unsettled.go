package produce

import (
	"bytes"
	"slices"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// A Send that fails may leave batches of which nobody knows whether they were
// written: the connection broke, or time ran out, before the broker's answer. The
// producer keeps that plan. If the next Send begins with some of the same messages, it
// goes on with the plan: batches that reached the broker go out with the numbers
// they had, and the broker, which remembers the last five of a partition, takes
// them once; messages that are known to be written are not sent at all. If the
// next Send begins otherwise, the plan is dropped, and the producer ID with it,
// since nobody knows which number the broker expects next.

// keep holds on to a plan that failed, if its batches are numbered.
func (p *Producer) keep(pl *plan) {
	if !p.idempotent() || p.cfg.Transactions != nil {
		p.doubtful = slices.ContainsFunc(pl.queues, (*queue).doubtful)
		pl.release()
		return
	}
	pl.from, pl.until = pl.told(), len(pl.messages)
	p.unsettled = pl
	if pl.kept {
		return
	}
	pl.kept = true
	pl.messages = slices.Clone(pl.messages) // the slice is the caller's, as those of headers are
	for i := pl.from; i < len(pl.messages); i++ {
		pl.messages[i].Headers = slices.Clone(pl.messages[i].Headers)
	}
}

// same reports whether two messages are one record that is sent again. The position
// decides: the next record may look just like the one that failed. The content counts
// too, because the records that a processor makes of one share its position, and so does
// the timestamp unless it is that of the attempt.
func same(a, b *message.Message) bool {
	if !bytes.Equal(a.Position, b.Position) || a.TimestampIsNow != b.TimestampIsNow || !a.TimestampIsNow && a.Timestamp != b.Timestamp {
		return false
	}
	if a.Topic != b.Topic || a.Partition != b.Partition || !equal(a.Key, b.Key) || !equal(a.Value, b.Value) || len(a.Headers) != len(b.Headers) {
		return false
	}
	for i := range a.Headers {
		if a.Headers[i].Key != b.Headers[i].Key || !equal(a.Headers[i].Value, b.Headers[i].Value) {
			return false
		}
	}
	return true
}

// equal distinguishes null from empty.
func equal(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }
