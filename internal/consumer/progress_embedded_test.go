package consumer

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// progress waits until a consumer says that it is so far, as high
// watermark/position/committed by partition.
func (w *world) progress(c *Consumer, want map[int32]string) {
	w.t.Helper()
	got := map[int32]string{}
	for w.ctx.Err() == nil {
		clear(got)
		for _, p := range c.Progress() {
			w.Equal(p.Topic, topic)
			got[p.Partition] = fmt.Sprintf("%d/%d/%d", p.HighWatermark, p.Position, p.Committed)
		}
		if fmt.Sprint(got) == fmt.Sprint(want) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.Equal(got, want)
}

func TestTellsHowFarItIs(t *testing.T) {
	w := newWorld(t)
	w.produce(30)
	c := w.open(nil)
	got := w.next(c, 30)
	ack(c, 0, 1, 4)
	w.Equal(c.Unacknowledged(), 27)
	w.progress(c, map[int32]string{0: "10/10/1", 1: "10/10/2", 2: "10/10/0"})
	w.produce(3) // which fetching finds, and nobody reads
	w.progress(c, map[int32]string{0: "11/10/1", 1: "11/10/2", 2: "11/10/0"})
	ack(c, got...)
	w.Equal(c.Unacknowledged(), 0)
	w.progress(c, map[int32]string{0: "11/10/10", 1: "11/10/10", 2: "11/10/10"})
	w.NoErr(c.Close(w.ctx))
}

// Fetching stands still while nobody reads, but the log goes on.
func TestKnowsHowFarTheLogIsWhileNobodyReads(t *testing.T) {
	w := newWorld(t)
	c := w.open(func(c *Config) {
		c.Fetch.MaxBuffered = 1
		c.ProgressInterval = 50 * time.Millisecond
	})
	for i := range 5 { // more than fetching reads ahead
		w.produce(3)
		at := fmt.Sprintf("%d/0/0", i+1)
		w.progress(c, map[int32]string{0: at, 1: at, 2: at})
	}
	w.NoErr(c.Close(w.ctx))
}

func TestForgetsWhatItDoesNotReadAnyMore(t *testing.T) {
	w := newWorld(t)
	first := w.open(nil)
	w.progress(first, map[int32]string{0: "0/0/0", 1: "0/0/0", 2: "0/0/0"})
	second := w.open(nil)
	for len(first.Progress())+len(second.Progress()) != 3 || len(second.Progress()) == 0 {
		w.NoErr(w.ctx.Err())
		time.Sleep(10 * time.Millisecond)
	}
	w.NoErr(first.Close(w.ctx))
	w.NoErr(second.Close(w.ctx))
}

func TestTellsWhatIsWorthCounting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var joined, held, lost, committed, refused atomic.Int64
	c := w.open(func(c *Config) {
		c.Group.Hooks = group.Hooks{
			Joined: func() { joined.Add(1) },
			Held:   func(n int) { held.Store(int64(n)) },
			Lost:   func(n int) { lost.Add(int64(n)) },
		}
		c.Hooks.Committed = func(err error) {
			if err == nil {
				committed.Add(1)
			} else {
				refused.Add(1)
			}
		}
	})
	await := func(what string, done func() bool) {
		t.Helper()
		for !done() {
			if w.ctx.Err() != nil {
				t.Fatal(what)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	await("a first generation", func() bool { return joined.Load() == 1 && held.Load() == partitions })
	await("a commit of the start", func() bool { return committed.Load() >= 1 })
	w.Equal(lost.Load(), int64(0))

	// The coordinator throws the member out.
	w.fake.ControlKey(int16(kmsg.Heartbeat), func(req kmsg.Request) (kmsg.Response, error, bool) {
		res := req.ResponseKind().(*kmsg.HeartbeatResponse)
		res.ErrorCode = kerr.UnknownMemberID.Code
		return res, nil, true
	})
	await("lost partitions", func() bool { return lost.Load() == partitions })
	await("another generation", func() bool { return joined.Load() >= 2 && held.Load() == partitions })

	w.fake.ControlKey(int16(kmsg.OffsetCommit), func(req kmsg.Request) (kmsg.Response, error, bool) {
		return embedded.Refusal(req, kerr.NotCoordinator.Code), nil, true
	})
	w.produce(3)
	ack(c, w.next(c, 3)...)
	await("a commit that is refused", func() bool { return refused.Load() >= 1 })
	w.committed(map[int32]int64{0: 1, 1: 1, 2: 1})
	w.NoErr(c.Close(w.ctx))
	w.Equal(held.Load(), int64(0))
}
