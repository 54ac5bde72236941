// Package position keeps how far each partition was handed out, so that the position of a
// record can say it of all partitions.
package position

import (
	"container/list"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Place is how far a partition was handed out.
type Place struct {
	message.TopicPartition
	TopicID     [16]byte // zero: unknown
	LeaderEpoch int32    // of the record before Next; -1: unknown
	Next        int64    // the offset after the last record
}

// Trail is how far partitions were handed out, as far as the group has not committed it.
// The zero value is ready for use. It has one caller at a time.
type Trail struct {
	places list.List // of *mark, moved last at the front
	of     map[message.TopicPartition]*list.Element
	swept  time.Time
	buf    []byte // of Text
}

type mark struct {
	Place
	left time.Time // when the partition was first seen to be somebody else's
}

// Move notes that a partition was handed out up to a place.
func (t *Trail) Move(p Place) {
	if e, ok := t.of[p.TopicPartition]; ok {
		*e.Value.(*mark) = mark{Place: p}
		t.places.MoveToFront(e)
		return
	}
	if t.of == nil {
		t.of = make(map[message.TopicPartition]*list.Element)
	}
	t.of[p.TopicPartition] = t.places.PushFront(&mark{Place: p})
}

const (
	// sweepInterval is how often it is looked what was committed: commits are not made
	// more often.
	sweepInterval = time.Second
	// keepLeft is for how long a partition is kept that is not this member's. As a source
	// starts it is not yet, and later it is another member's, whose commits count.
	keepLeft = time.Minute
)

// Sweep forgets, once in a while, what the group has committed. committed returns the
// offset that is committed for a partition, and false where the member doesn't hold it.
func (t *Trail) Sweep(now time.Time, committed func(topic string, partition int32) (int64, bool)) {
	if now.Sub(t.swept) < sweepInterval {
		return
	}
	t.swept = now
	for e := t.places.Front(); e != nil; {
		m, next := e.Value.(*mark), e.Next()
		at, held := committed(m.Topic, m.Partition)
		switch {
		case held:
			m.left = time.Time{}
		case m.left.IsZero():
			m.left = now
		}
		if held && at >= m.Next || !held && now.Sub(m.left) >= keepLeft {
			delete(t.of, m.TopicPartition)
			t.places.Remove(e)
		}
		e = next
	}
}
