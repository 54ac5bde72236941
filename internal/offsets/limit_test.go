package offsets

import (
	"context"
	"errors"
	"math/rand"
	"slices"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

var topicPartition = message.TopicPartition{Topic: "t"}

// deliverBytes hands out n records from an offset on, which have so many bytes together.
func deliverBytes(tr *Tracker, from int64, n int, bytes int64) {
	r := run(tr, from+int64(n), -1)
	r.Bytes = bytes
	tr.Deliver(r, func(yield func(int64) bool) {
		for i := range int64(n) {
			if !yield(from + i) {
				return
			}
		}
	})
}

func TestTrackerHasRoomBelowItsLimit(t *testing.T) {
	limit := Limit{Records: 800, Bytes: 8000, Few: 80}
	for name, test := range map[string]struct {
		records int
		bytes   int64
		room    int // 0: none, until acks that make room
		acks    int
	}{
		"few records":                                       {10, 10, 790, 0},
		"few records that are large":                        {79, 1 << 30, 721, 0},
		"many small ones":                                   {799, 7999, 1, 0},
		"as many as are allowed":                            {800, 800, 0, 101},
		"more than few, and as many bytes":                  {160, 8000, 0, 21},
		"more than few, and no fewer bytes than before few": {90, 1 << 30, 0, 21},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			tr := NewTracker()
			add(tr, 0, 0)
			deliverBytes(tr, 0, test.records, test.bytes)
			ended, cancel := context.WithCancel(context.Background())
			cancel()
			room, err := tr.WaitRoom(ended, limit)
			if test.room > 0 {
				is.NoErr(err)
				is.Equal(room, test.room)
				return
			}
			is.True(errors.Is(err, context.Canceled))
			tr.waiting = false // any more
			got := make(chan int)
			go func() {
				room, _ := tr.WaitRoom(context.Background(), limit)
				got <- room
			}()
			for waits := false; !waits; {
				tr.mu.Lock()
				waits = tr.waiting
				tr.mu.Unlock()
			}
			for i := range int64(test.acks) {
				ack(tr, i)
			}
			is.Equal(<-got, limit.Records-test.records+test.acks) // not with the first ack
		})
	}
}

// Whatever is handed out, acknowledged, cut off and lost: nothing is counted that is gone.
func TestTrackerCountsTheBytesOfWhatIsUnacknowledged(t *testing.T) {
	for seed := range int64(100) {
		is, r := is.New(t), rand.New(rand.NewSource(seed))
		tr := NewTracker()
		add(tr, 0, 0)
		next, open := int64(0), []int64{}
		for range 200 {
			switch r.Intn(5) {
			case 0, 1:
				next += int64(r.Intn(2)) // a gap
				n := 1 + r.Intn(20)
				deliverBytes(tr, next, n, int64(n*(1+r.Intn(1000))))
				for range n {
					open = append(open, next)
					next++
				}
			case 2, 3:
				for range min(len(open), r.Intn(20)) {
					i := r.Intn(min(len(open), 3))
					ack(tr, open[i])
					open = slices.Delete(open, i, i+1)
				}
			case 4:
				if len(open) > 5 && r.Intn(10) == 0 {
					i := len(open) - r.Intn(5) - 1
					rewind(tr, open[i])
					next = open[i]
					open = open[:i]
					tr.parts[topicPartition].gone = nil // those that are gone are never acknowledged here
				}
			}
			is.Equal(tr.Unacknowledged(), len(open))
			is.True(tr.bytes >= 0)
			is.Equal(tr.bytes > 0, len(open) > 0)
		}
		for _, offset := range open {
			ack(tr, offset)
		}
		is.Equal(tr.Unacknowledged(), 0)
		is.Equal(tr.bytes, int64(0))
	}
}

// Millions of records that wait for a late acknowledgement take no memory each.
func TestTrackerKeepsRunsOfOffsets(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	add(tr, 0, 0)
	for i := range int64(1000) {
		deliverBytes(tr, 1000*i, 1000, 1000*(i+1))
	}
	is.Equal(tr.Unacknowledged(), 1_000_000)
	is.Equal(len(tr.parts[topicPartition].spans), 1)
}
