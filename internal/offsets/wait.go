package offsets

import "github.com/conduitio/conduit-connector-kafka/internal/message"

import "context"

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
