package offsets

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// maxUncommitted is what validation asks for at least: sdk.batch.size. The SDK collects
// that many records before Conduit gets any; Conduit acknowledges what it got bit by bit.
func TestTrackerHasRoomUntilABatchIsFull(t *testing.T) {
	for _, c := range []struct{ most, batch, acks int }{{1000, 1000, 150}, {1100, 1000, 90}, {10000, 10000, 700}, {10000, 10000, 1}} {
		synctest.Test(t, func(t *testing.T) {
			tr := NewTracker()
			a := tr.Add(Start{Topic: "t", LeaderEpoch: -1})
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			var next, acked int64
			var mu sync.Mutex // over what follows
			collected, inflight, flushes := 0, 0, 0
			done := make(chan struct{})
			go func() { // the source below the SDK's batcher
				defer close(done)
				for {
					room, err := tr.WaitRoom(ctx, Limit{Records: c.most, Few: c.batch})
					if err != nil {
						return
					}
					n := int64(room)
					tr.Deliver(Run{Topic: "t", Assignment: a, Next: next + n, LeaderEpoch: -1}, func(yield func(int64) bool) {
						for o := next; o < next+n; o++ {
							yield(o)
						}
					})
					next += n
					mu.Lock()
					if collected += room; collected >= c.batch {
						inflight += collected
						collected, flushes = 0, flushes+1
					}
					mu.Unlock()
				}
			}()
			for full := 0; full < 20; {
				synctest.Wait()
				mu.Lock()
				acks := min(c.acks, inflight)
				inflight, full = inflight-acks, flushes
				mu.Unlock()
				if acks == 0 {
					t.Errorf("%+v: stands still for ever after %d batches: none is with Conduit", c, full)
					break
				}
				for range acks {
					tr.Ack(Record{Topic: "t", LeaderEpoch: -1, Offset: acked})
					acked++
				}
			}
			cancel()
			<-done
		})
	}
}
