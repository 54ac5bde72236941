// Package offsets knows which records of each partition are still
// unacknowledged, and so up to where a consumer group may commit.
package offsets

import (
	"context"
	"math"
	"slices"
	"sync"
)

// Tracker follows the records handed out of the partitions that a consumer
// holds. A partition's offset to commit moves only over a contiguous prefix of
// acknowledged records. It is safe for concurrent use.
type Tracker struct {
	mu      sync.Mutex
	parts   map[key]*partition
	last    *partition    // acknowledged last: acknowledgements come in runs; nil when parts changes
	lastKey key           // of last
	unacked int           // records handed out and not acknowledged, of all partitions
	waiting int           // callers of wait
	changed chan struct{} // closed and replaced when unacked falls while somebody waits
}

type key struct {
	topic     string
	partition int32
}

type partition struct {
	offsets []int64        // handed out, ascending
	head    int            // index in offsets of the first unacknowledged one
	acked   map[int64]bool // those behind head that are acknowledged out of order
	safe    int64          // everything below is acknowledged: the offset to commit
	sent    int64          // the last offset that was committed
	next    int64          // where the partition goes on behind the last record handed out
	gone    []int64        // handed out and unacknowledged when the log lost them; the first ack of each is for them
	epochs  []epochFrom    // leader epochs of what was handed out, ascending; those before safe-1 but one are dropped
}

// epochFrom is a leader epoch and the first offset that was handed out of it.
type epochFrom struct {
	epoch int32
	from  int64
}

// Commit is an offset to commit: the next record to read.
type Commit struct {
	Topic     string
	Partition int32
	At        int64
	// LeaderEpoch is that of the record in front of At, -1 if unknown.
	LeaderEpoch int32

	of *partition // as it was tracked; nil for whatever is
}

// NewTracker returns a tracker that holds no partition.
func NewTracker() *Tracker {
	return &Tracker{parts: make(map[key]*partition), changed: make(chan struct{})}
}

// Add begins to track a partition from an offset. committed is what the group
// has committed, -1 for nothing: then the start itself is worth a commit, so
// that a restart finds the same place.
func (t *Tracker) Add(topic string, id int32, start, committed int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := key{topic, id}
	t.drop(k)
	t.set(k, &partition{acked: make(map[int64]bool), safe: start, sent: committed, next: start, epochs: []epochFrom{{-1, 0}}})
}

// Rewind goes on in a log that was cut off in front of the given offset, which is
// worth a commit once what lies before it is acknowledged. Records that were handed
// out from there on are gone: their acknowledgements, which are still to come, don't
// count for those that have their offsets now. A partition that was removed meanwhile
// stays removed: it is somebody else's.
func (t *Tracker) Rewind(topic string, id int32, to int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cut(key{topic, id}, to, to)
}

// Restart is Rewind for another log than the one that was read: nothing that was
// handed out lies in it, whatever its offset.
func (t *Tracker) Restart(topic string, id int32, at int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cut(key{topic, id}, math.MinInt64, at)
}

// cut forgets what was handed out from an offset on, and goes on at next.
func (t *Tracker) cut(k key, from, next int64) {
	old, ok := t.parts[k]
	if !ok {
		return
	}
	p := &partition{
		acked: make(map[int64]bool), gone: old.gone,
		safe: min(old.safe, next), sent: -1, next: next, epochs: []epochFrom{{-1, 0}},
	}
	for _, offset := range old.offsets[old.head:] {
		switch acked := old.acked[offset]; {
		case offset < from:
			p.offsets = append(p.offsets, offset)
			if acked {
				p.acked[offset] = true
			}
		case !acked:
			p.gone = append(p.gone, offset)
		}
	}
	if len(p.offsets) == 0 {
		p.safe = next
	}
	t.set(k, p)
	t.release(old.unacked() - p.unacked())
}

// Skip goes over offsets that are not handed out, up to the given one. They are
// committed with what lies before them.
func (t *Tracker) Skip(topic string, id int32, to int64) {
	t.Deliver(topic, id, to, -1, func(func(int64) bool) {})
}

// Remove forgets a partition. Acknowledgements of its records are ignored from
// now on.
func (t *Tracker) Remove(topic string, id int32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drop(key{topic, id})
}

func (t *Tracker) drop(k key) {
	p, ok := t.parts[k]
	if !ok {
		return
	}
	t.release(p.unacked())
	t.set(k, nil)
}

// Deliver notes that records were handed out, with offsets in ascending order,
// above all before them. next is the offset behind them in the log, which may
// lie further than one behind the last record (compaction, control records).
// epoch is their leader epoch, -1 if unknown. It returns false when the partition
// isn't tracked: the records must then not be handed out.
func (t *Tracker) Deliver(topic string, id int32, next int64, epoch int32, offsets func(yield func(int64) bool)) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, ok := t.parts[key{topic, id}]
	if !ok {
		return false
	}
	if p.head > len(p.offsets)/2 {
		p.offsets = p.offsets[:copy(p.offsets, p.offsets[p.head:])]
		p.head = 0
	}
	before := len(p.offsets)
	p.offsets = slices.AppendSeq(p.offsets, offsets)
	t.unacked += len(p.offsets) - before
	p.enter(epoch)
	p.next = next
	p.settle()
	return true
}

// Ack acknowledges one record. Records of partitions that are not held, and
// records that were not handed out since the partition was added, are ignored.
func (t *Tracker) Ack(topic string, id int32, offset int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.find(key{topic, id})
	if p == nil {
		return
	}
	if i := slices.Index(p.gone, offset); i >= 0 {
		p.gone = slices.Delete(p.gone, i, i+1)
		return
	}
	if p.head == len(p.offsets) {
		return
	}
	if p.offsets[p.head] != offset {
		if _, ok := slices.BinarySearch(p.offsets[p.head:], offset); ok && !p.acked[offset] {
			p.acked[offset] = true
			t.release(1)
		}
		return
	}
	p.advance()
	t.release(1)
	for p.head < len(p.offsets) && p.acked[p.offsets[p.head]] {
		delete(p.acked, p.offsets[p.head])
		p.advance()
	}
	p.settle()
}

// find returns a partition, nil if it isn't tracked.
func (t *Tracker) find(k key) *partition {
	if t.last == nil || t.lastKey != k {
		t.last, t.lastKey = t.parts[k], k
	}
	return t.last
}

// set tracks a partition from now on, or no longer if it is nil.
func (t *Tracker) set(k key, p *partition) {
	t.last = nil
	if p == nil {
		delete(t.parts, k)
		return
	}
	t.parts[k] = p
}

func (p *partition) unacked() int { return len(p.offsets) - p.head - len(p.acked) }

// advance counts the record at head as acknowledged.
func (p *partition) advance() {
	p.safe = p.offsets[p.head] + 1
	p.head++
}

// settle moves over what lies behind the last record when none is pending.
func (p *partition) settle() {
	if p.head == len(p.offsets) {
		p.safe = max(p.safe, p.next)
		p.offsets, p.head = p.offsets[:0], 0
	}
}

// enter notes the leader epoch of what is handed out from next on.
func (p *partition) enter(epoch int32) {
	if p.epochs[len(p.epochs)-1].epoch != epoch {
		p.epochs = append(p.epochs, epochFrom{epoch, p.next})
	}
}

// epoch is the leader epoch of the record in front of safe.
func (p *partition) epoch() int32 {
	for len(p.epochs) > 1 && p.epochs[1].from < p.safe {
		p.epochs = p.epochs[1:]
	}
	return p.epochs[0].epoch
}

// Committable lists the partitions whose offset to commit is ahead of the
// committed one.
func (t *Tracker) Committable() []Commit {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []Commit
	for k, p := range t.parts {
		if p.safe > p.sent {
			out = append(out, Commit{k.topic, k.partition, p.safe, p.epoch(), p})
		}
	}
	return out
}

// Committed notes that a commit was accepted. One of a partition that was begun anew
// meanwhile says nothing about it: the offsets may be those of another log, and its
// own are to be committed over them.
func (t *Tracker) Committed(c Commit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p, ok := t.parts[key{c.Topic, c.Partition}]; ok && (c.of == nil || c.of == p) {
		p.sent = max(p.sent, c.At)
	}
}

// Progress tells how far a partition is read, and what is committed for it (-1:
// nothing); false if it isn't tracked.
func (t *Tracker) Progress(topic string, id int32) (next, committed int64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, ok := t.parts[key{topic, id}]
	if !ok {
		return 0, 0, false
	}
	return p.next, p.sent, true
}

// Unacknowledged counts the records handed out and not acknowledged.
func (t *Tracker) Unacknowledged() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.unacked
}

// WaitRoom blocks until fewer than limit records, of all partitions, are
// unacknowledged, and returns how many fewer.
func (t *Tracker) WaitRoom(ctx context.Context, limit int) (int, error) {
	room := 0
	err := t.wait(ctx, func() bool {
		room = limit - t.unacked
		return room > 0
	})
	return room, err
}

// WaitAcked blocks until all records of a partition are acknowledged.
func (t *Tracker) WaitAcked(ctx context.Context, topic string, id int32) error {
	return t.wait(ctx, func() bool {
		p, ok := t.parts[key{topic, id}]
		return !ok || p.unacked() == 0
	})
}

func (t *Tracker) wait(ctx context.Context, done func() bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for !done() {
		if err := ctx.Err(); err != nil {
			return err
		}
		t.waiting++
		changed := t.changed
		t.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		t.mu.Lock()
		t.waiting--
	}
	return nil
}

// release counts n records as no longer unacknowledged.
func (t *Tracker) release(n int) {
	t.unacked -= n
	if n == 0 || t.waiting == 0 {
		return
	}
	close(t.changed)
	t.changed = make(chan struct{})
}
