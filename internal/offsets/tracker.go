// Package offsets knows which records of each partition are still
// unacknowledged, and so up to where a consumer group may commit.
package offsets

import "github.com/conduitio/conduit-connector-kafka/internal/message"

import "sync"

// Tracker follows the records handed out of the partitions that a consumer
// holds. A partition's offset to commit moves only over a contiguous prefix of
// acknowledged records. It is safe for concurrent use.
type Tracker struct {
	mu          sync.Mutex
	parts       map[message.TopicPartition]*partition
	assignments int64                  // given out by Add
	last        *partition             // acknowledged last: acknowledgements come in runs; nil when parts changes
	lastKey     message.TopicPartition // of last
	unacked     int                    // records handed out and not acknowledged, of all partitions
	bytes       int64                  // that the partitions take
	acked       int64                  // records that were ever acknowledged
	waiting     bool                   // somebody waits for changed
	changed     chan struct{}          // closed and replaced when unacked falls while somebody waits
}

// NewTracker returns a tracker that holds no partition.
func NewTracker() *Tracker {
	return &Tracker{parts: make(map[message.TopicPartition]*partition), changed: make(chan struct{})}
}

// TopicID identifies a topic (KIP-516). Zero: unknown.
type TopicID = [16]byte

// Start is where the tracking of a partition begins.
type Start struct {
	Topic     string
	Partition int32
	TopicID   TopicID
	Offset    int64
	// LeaderEpoch is that of the record before Offset, -1 if unknown.
	LeaderEpoch int32
	// Committed is what the group has committed, -1 for nothing: then the start itself
	// is worth a commit, so that a restart finds the same place.
	Committed int64
	// High is the highest offset that the group is known to have reached, see Commit.
	High int64
}

// Add begins to track a partition. It returns the number of this assignment, which
// what is read for it has to name: the same partition may go to another consumer and
// come back meanwhile.
func (t *Tracker) Add(s Start) (assignment int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := message.TopicPartition{Topic: s.Topic, Partition: s.Partition}
	t.drop(k)
	t.assignments++
	t.set(k, &partition{
		assignment: t.assignments, topicID: s.TopicID, acked: make(map[int64]bool),
		safe: s.Offset, sent: s.Committed, next: s.Offset, high: s.High, epochs: []epochFrom{{s.LeaderEpoch, 0}},
	})
	return t.assignments
}

// Remove forgets a partition, and returns what there would be to commit for it, or to
// commit again. Acknowledgements of its records are ignored from now on.
func (t *Tracker) Remove(topic string, id int32) (last Commit, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := message.TopicPartition{Topic: topic, Partition: id}
	p, ok := t.parts[k]
	if !ok {
		return Commit{}, false
	}
	t.drop(k)
	return p.commit(k), true
}

func (t *Tracker) drop(k message.TopicPartition) {
	if p, ok := t.parts[k]; ok {
		t.release(p.unacked(), p.bytes())
		t.set(k, nil)
	}
}

// Run is a run of records that were handed out.
type Run struct {
	Topic      string
	Partition  int32
	Assignment int64
	TopicID    TopicID // zero: unknown
	// Next is the offset after them in the log, which may lie further than one after
	// the last record (compaction, control records).
	Next        int64
	LeaderEpoch int32 // -1 unknown
}

// Deliver notes that records were handed out, with offsets in ascending order, above
// all before them. It returns false if the assignment that they were read for has
// ended: the records must then not be handed out.
func (t *Tracker) Deliver(r Run, offsets func(yield func(int64) bool)) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.held(r.Topic, r.Partition, r.Assignment)
	if p == nil {
		return false
	}
	if p.topicID == (TopicID{}) {
		p.topicID = r.TopicID // metadata did not tell when the partition was added
	}
	before := p.bytes()
	t.unacked += p.deliver(r, offsets)
	t.bytes += p.bytes() - before
	return true
}

// held returns a partition, nil if the assignment has ended.
func (t *Tracker) held(topic string, id int32, assignment int64) *partition {
	if p, ok := t.parts[message.TopicPartition{Topic: topic, Partition: id}]; ok && p.assignment == assignment {
		return p
	}
	return nil
}

// Record identifies a record that was handed out.
type Record struct {
	Topic     string
	Partition int32
	// TopicID and LeaderEpoch tell the log that the record is of from others in which
	// its offset may lie: of a topic that had the same name, or of before an unclean
	// leader election. Zero and -1: unknown.
	TopicID     TopicID
	LeaderEpoch int32
	Offset      int64
}

// Ack acknowledges a record. Records of partitions that are not held, and
// records that were not handed out since the partition was added, are ignored.
func (t *Tracker) Ack(r Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.find(message.TopicPartition{Topic: r.Topic, Partition: r.Partition})
	if p == nil || !p.mayHave(&r) {
		return
	}
	before := p.bytes()
	n := p.ack(r.Offset)
	t.acked += int64(n)
	t.release(n, before-p.bytes())
}

// find returns a partition, nil if it isn't tracked.
func (t *Tracker) find(k message.TopicPartition) *partition {
	if t.last == nil || t.lastKey != k {
		t.last, t.lastKey = t.parts[k], k
	}
	return t.last
}

// set tracks a partition from now on, or no longer if it is nil.
func (t *Tracker) set(k message.TopicPartition, p *partition) {
	t.last = nil
	if p == nil {
		delete(t.parts, k)
		return
	}
	t.parts[k] = p
}

// Progress returns how far a partition is read, and what is committed for it (-1:
// nothing); false if it isn't tracked.
func (t *Tracker) Progress(topic string, id int32) (next, committed int64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, ok := t.parts[message.TopicPartition{Topic: topic, Partition: id}]
	if !ok {
		return 0, 0, false
	}
	return p.next, p.sent, true
}
