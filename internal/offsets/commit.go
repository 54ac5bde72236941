package offsets

import "github.com/conduitio/conduit-connector-kafka/internal/message"

// Commit is an offset to commit: the next record to read.
type Commit struct {
	Topic     string
	Partition int32
	TopicID   TopicID // of the topic that has the offset
	At        int64
	// LeaderEpoch is that of the record before At, -1 if unknown.
	LeaderEpoch int32
	// High is the highest offset that the group has reached in this log, which is above
	// At where it went back, for records that are to be read again. Whoever has read
	// less than that has not lost a commit.
	High int64
	// Read is set if something was handed out, and At is not only where to begin.
	Read bool
	// Committed is what is committed already, -1 for nothing.
	Committed int64

	of *partition // as it was tracked; nil for whatever is
}

func (p *partition) commit(k message.TopicPartition) Commit {
	return Commit{k.Topic, k.Partition, p.topicID, p.safe, p.epoch(), max(p.high, p.safe), p.read, p.sent, p}
}

// Committable lists the partitions whose offset to commit is ahead of the
// committed one.
func (t *Tracker) Committable() []Commit {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []Commit
	for k, p := range t.parts {
		if p.safe > p.sent {
			out = append(out, p.commit(k))
		}
	}
	return out
}

// Committed notes that a commit was accepted. A commit that was collected before its
// partition was restarted is ignored: its offset may belong to the old log, and must be
// overwritten.
func (t *Tracker) Committed(c Commit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p, ok := t.parts[message.TopicPartition{Topic: c.Topic, Partition: c.Partition}]; ok && (c.of == nil || c.of == p) {
		p.sent = max(p.sent, c.At)
	}
}
