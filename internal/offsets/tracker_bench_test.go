package offsets

import (
	"context"
	"testing"
)

// BenchmarkTracker delivers and acknowledges records as a host does that acknowledges
// late and many at once: 100 batches of 1,000, then all their acks. One operation is one
// record.
func BenchmarkTracker(b *testing.B) {
	const size, batches = 1000, 100
	t := NewTracker()
	r := Run{Topic: "t", Assignment: t.Add(Start{Topic: "t", LeaderEpoch: -1, Committed: -1}), LeaderEpoch: 1}
	b.ReportAllocs()
	for n, next := 0, int64(0); n < b.N; n += size * batches {
		from := next
		for range batches {
			first := next
			next += size
			r.Next = next
			t.Deliver(r, func(yield func(int64) bool) {
				for o := first; o < next && yield(o); o++ {
				}
			})
		}
		for o := from; o < next; o++ {
			t.Ack(Record{Topic: "t", LeaderEpoch: 1, Offset: o})
		}
	}
}

// BenchmarkTrackerFull is with a reader that waits for room meanwhile.
func BenchmarkTrackerFull(b *testing.B) {
	const size = 1000
	t := NewTracker()
	r := Run{Topic: "t", Assignment: t.Add(Start{Topic: "t", LeaderEpoch: -1, Committed: -1}), LeaderEpoch: 1}
	b.ReportAllocs()
	for n, next := 0, int64(0); n < b.N; n += size {
		first := next
		next += size
		r.Next = next
		t.Deliver(r, func(yield func(int64) bool) {
			for o := first; o < next && yield(o); o++ {
			}
		})
		waited := make(chan struct{})
		go func() {
			defer close(waited)
			for room := 0; room < size/8; {
				room, _ = t.WaitRoom(context.Background(), Limit{Records: size})
			}
		}()
		for o := first; o < next; o++ {
			t.Ack(Record{Topic: "t", LeaderEpoch: 1, Offset: o})
		}
		<-waited
	}
}
