package consumer

import (
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// commitLog is the OffsetCommit requests of a consumer.
type commitLog struct {
	mu       sync.Mutex
	requests []map[int32]int64
	at       []time.Time
	notes    []string // of every partition in them
}

// commits writes down what is committed from now on.
func (w *world) commits() *commitLog {
	l := new(commitLog)
	embedded.Answer(w.fake, kmsg.OffsetCommit, func(req kmsg.Request) kmsg.Response {
		l.mu.Lock()
		defer l.mu.Unlock()
		offsets := make(map[int32]int64)
		for _, t := range req.(*kmsg.OffsetCommitRequest).Topics {
			for _, p := range t.Partitions {
				offsets[p.Partition] = p.Offset
				l.notes = append(l.notes, *p.Metadata)
			}
		}
		l.requests, l.at = append(l.requests, offsets), append(l.at, time.Now())
		return nil
	})
	return l
}

// A request names the partitions whose offsets have moved, each with its note, and comes
// at most once a second however often records are acknowledged.
func TestCommitsOnlyWhatMovedOnceASecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.produce(partitions * 40)
	l := w.commits()
	c := w.open(func(c *Config) { c.CommitSize, c.CommitInterval = 1, time.Hour })
	w.committed(map[int32]int64{0: 0, 1: 0, 2: 0})
	w.next(c, partitions*40)
	for i := range 36 { // of one partition, and two of another
		ack(c, i*partitions+1)
		if i == 10 || i == 20 {
			ack(c, (i/10-1)*partitions+2)
		}
		time.Sleep(100 * time.Millisecond)
	}
	w.committed(map[int32]int64{0: 0, 1: 36, 2: 2})
	defer c.Close(w.ctx)

	l.mu.Lock()
	requests, at, notes := l.requests, l.at, l.notes
	l.mu.Unlock()
	alone, last := 0, make(map[int32]int64)
	for i, offsets := range requests {
		w.t.Log(at[i].Sub(at[0]), offsets)
		w.True(len(offsets) > 0)
		for id, offset := range offsets {
			before, named := last[id]
			w.True(!named || offset > before) // it has moved
			last[id] = offset
		}
		if len(offsets) == 1 {
			alone++
		}
		w.True(i == 0 || at[i].Sub(at[i-1]) >= commitSpacing)
	}
	w.True(alone > 0)
	for _, metadata := range notes { // a commit replaces the note of the last one
		n, ok := readNote(metadata)
		w.True(ok)
		w.Equal(n.topic, w.topicID())
	}
}
