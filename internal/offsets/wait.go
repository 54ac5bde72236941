package offsets

import (
	"context"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Limit bounds what is handed out and not acknowledged, of all partitions.
type Limit struct {
	Records int
	// Bytes bounds what is kept in memory about them: runs of offsets, and what is
	// acknowledged out of order. It counts from Few unacknowledged records on, since
	// destinations that acknowledge whole batches must get them together. 0: no limit.
	Bytes int64
	Few   int
}

// room returns how many records more are allowed.
func (l Limit) room(records int, bytes int64) int {
	if l.Bytes > 0 && records >= l.Few && bytes >= l.Bytes {
		return 0
	}
	return l.Records - records
}

// low is the limit below which a reader goes on that has met it: acknowledgements come
// many at once, and reading goes on with many records rather than with each.
func (l Limit) low() Limit {
	return Limit{Records: max(l.Records-l.Records/8, min(l.Few, l.Records)), Bytes: l.Bytes - l.Bytes/8, Few: l.Few - l.Few/8}
}

// Unacknowledged counts the records handed out and not acknowledged.
func (t *Tracker) Unacknowledged() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.unacked
}

// Acknowledged counts the records that were ever acknowledged, of all partitions.
func (t *Tracker) Acknowledged() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.acked
}

// WaitRoom blocks while the limit is met, and then until there is an eighth less. It
// returns how many records more are allowed.
func (t *Tracker) WaitRoom(ctx context.Context, limit Limit) (int, error) {
	room, wanted := 0, limit
	err := t.wait(ctx, func() bool {
		if wanted.room(t.unacked, t.bytes) <= 0 {
			wanted = limit.low()
			return false
		}
		room = limit.room(t.unacked, t.bytes)
		return true
	})
	return room, err
}

// WaitAcked blocks until all records of a partition are acknowledged.
func (t *Tracker) WaitAcked(ctx context.Context, topic string, id int32) error {
	return t.wait(ctx, func() bool {
		p, ok := t.parts[message.TopicPartition{Topic: topic, Partition: id}]
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
		t.waiting = true
		changed := t.changed
		t.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
		}
		t.mu.Lock()
	}
	return nil
}

// release counts records as no longer unacknowledged.
func (t *Tracker) release(n int, bytes int64) {
	t.unacked -= n
	t.bytes -= bytes
	if n == 0 || !t.waiting {
		return
	}
	t.waiting = false // whoever still waits says so again
	close(t.changed)
	t.changed = make(chan struct{})
}
