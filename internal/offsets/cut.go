package offsets

import (
	"maps"
	"slices"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Rewind goes on in a log that was cut off before the given offset, which is
// worth a commit once what lies before it is acknowledged. Records that were handed
// out from there on are gone: their acknowledgements, which are still to come, don't
// count for those that have their offsets now. Nothing happens if the assignment has
// ended: the partition is somebody else's, or is read from another place.
func (t *Tracker) Rewind(topic string, id int32, assignment, to int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.held(topic, id, assignment)
	if old == nil {
		return
	}
	p := old.cut(to)
	for offset := range old.all {
		switch acked := old.acked[offset]; {
		case offset < to:
			p.add(func(yield func(int64) bool) { yield(offset) })
			if acked {
				p.acked[offset] = true
			}
		case !acked && old.epochOf(offset) < 0:
			p.lose(offset)
		}
	}
	if p.n > 0 {
		p.safe = min(old.safe, to)
	}
	if kept := old.epochsBefore(to); len(kept) > 0 {
		p.epochs = kept
	}
	p.high = max(old.high, old.next)
	t.replace(message.TopicPartition{Topic: topic, Partition: id}, old, p)
}

// Restart is Rewind for another log than the one that was read, that of a topic which
// was made again: nothing that was handed out lies in it, whatever its offset.
func (t *Tracker) Restart(topic string, id int32, assignment, at int64, topicID TopicID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.held(topic, id, assignment)
	if old == nil {
		return
	}
	p := old.cut(at)
	p.topicID, p.high = topicID, at
	if unknown := (TopicID{}); old.topicID == unknown || topicID == unknown {
		for offset := range old.all {
			if !old.acked[offset] {
				p.lose(offset)
			}
		}
	}
	t.replace(message.TopicPartition{Topic: topic, Partition: id}, old, p)
}

// cut returns what an assignment is once it has been found to go on elsewhere.
func (p *partition) cut(next int64) *partition {
	return &partition{
		assignment: p.assignment, topicID: p.topicID, acked: make(map[int64]bool), gone: maps.Clone(p.gone),
		safe: next, sent: -1, next: next, epochs: []epochFrom{{-1, 0}},
	}
}

// epochsBefore returns those of what was handed out before an offset.
func (p *partition) epochsBefore(offset int64) []epochFrom {
	n := 0
	for n < len(p.epochs) && p.epochs[n].from < offset {
		n++
	}
	return slices.Clone(p.epochs[:n])
}

// lose notes that a record is gone whose acknowledgement will name its offset only.
func (p *partition) lose(offset int64) {
	if p.gone == nil {
		p.gone = make(map[int64]int)
	}
	p.gone[offset]++
}

func (t *Tracker) replace(k message.TopicPartition, old, p *partition) {
	t.set(k, p)
	t.release(old.unacked()-p.unacked(), old.bytes()-p.bytes())
}

// Skip goes over offsets that are not handed out, up to the given one. They are
// committed with what lies before them.
func (t *Tracker) Skip(topic string, id int32, assignment, to int64) {
	t.Deliver(Run{Topic: topic, Partition: id, Assignment: assignment, Next: to, LeaderEpoch: -1}, func(func(int64) bool) {})
}
