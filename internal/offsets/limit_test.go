package offsets

import (
	"context"
	"errors"
	"math/rand"
	"runtime"
	"slices"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

var topicPartition = message.TopicPartition{Topic: "t"}

// deliverApart hands out n records, each this far from the one before.
func deliverApart(tr *Tracker, from int64, n int, apart int64) {
	tr.Deliver(run(tr, from+int64(n)*apart, -1), func(yield func(int64) bool) {
		for i := range int64(n) {
			if !yield(from + i*apart) {
				return
			}
		}
	})
}

func TestTrackerHasRoomBelowItsLimit(t *testing.T) {
	limit := Limit{Records: 800, Bytes: 50 * entryBytes, Few: 80}
	for name, test := range map[string]struct {
		records int
		apart   int64
		room    int // 0: none, until acks that make room
		acks    int
	}{
		"few records":              {10, 1, 790, 0},
		"few records with gaps":    {79, 2, 721, 0},
		"many records":             {799, 1, 1, 0},
		"as many as are allowed":   {800, 1, 0, 101},
		"more than few, with gaps": {90, 2, 0, 21},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			tr := NewTracker()
			add(tr, 0, 0)
			deliverApart(tr, 0, test.records, test.apart)
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
				ack(tr, i*test.apart)
			}
			is.Equal(<-got, limit.Records-test.records+test.acks) // not with the first ack
		})
	}
}

// What is acknowledged before the records ahead of it takes memory until these are.
func TestTrackerHasRoomAgainOnceAcksAreInOrder(t *testing.T) {
	is := is.New(t)
	tr := NewTracker()
	add(tr, 0, 0)
	deliverApart(tr, 0, 200, 1)
	for offset := int64(1); offset <= 60; offset++ {
		ack(tr, offset)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	limit := Limit{Records: 800, Bytes: 50 * entryBytes}
	_, err := tr.WaitRoom(ended, limit)
	is.True(errors.Is(err, context.Canceled))
	ack(tr, 0)
	room, err := tr.WaitRoom(ended, limit)
	is.NoErr(err)
	is.Equal(room, 800-200+61)
}

// Whatever is handed out, acknowledged, cut off and lost: nothing is counted that is gone.
func TestTrackerCountsTheBytesThatItTakes(t *testing.T) {
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
				deliverApart(tr, next, n, 1)
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
			is.Equal(tr.bytes, tr.parts[topicPartition].bytes())
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
	for i := range int64(3000) {
		deliverApart(tr, 1000*i, 1000, 1)
	}
	is.Equal(tr.Unacknowledged(), 3_000_000)
	is.Equal(tr.bytes, int64(entryBytes))
}

// Gaps and acks out of order take no more memory than is counted.
func TestTrackerTakesTheMemoryThatItCounts(t *testing.T) {
	for name, test := range map[string]struct{ apart, acked int64 }{
		"a gap after each record":                         {2, 0},
		"every other one is acknowledged, the last first": {1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			const records = 300_000
			tr := NewTracker()
			add(tr, 0, 0)
			before := heap()
			for i := range int64(records / 100) {
				deliverApart(tr, i*100*test.apart, 100, test.apart)
			}
			if test.acked > 0 {
				for offset := int64(records) - 1; offset > 0; offset -= test.acked {
					ack(tr, offset)
				}
			}
			took := heap() - before
			if took > tr.bytes || took < tr.bytes/4 {
				t.Errorf("%d bytes, counted as %d", took, tr.bytes)
			}
			runtime.KeepAlive(tr)
		})
	}
}

// heap is what is in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
