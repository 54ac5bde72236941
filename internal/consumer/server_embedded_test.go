package consumer

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

func shortBeats() kfake.Opt {
	return kfake.BrokerConfigs(map[string]string{"group.consumer.heartbeat.interval.ms": "100"})
}

// A commit that names the epoch before, since the answer with the next one is on its way,
// is made again and not dropped.
func TestServerCommitOfAStaleEpochIsMadeAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shortBeats())
	w.produce(partitions * 2)
	var refused atomic.Int32
	embedded.Answer(w.fake, kmsg.OffsetCommit, func(req kmsg.Request) kmsg.Response {
		if refused.Add(1) > 2 {
			return nil
		}
		return embedded.Refusal(req, kerr.StaleMemberEpoch.Code)
	})
	c := w.open(func(c *Config) {
		byServer(c)
		c.CommitInterval = time.Hour
	})
	for _, i := range w.next(c, partitions*2) {
		ack(c, i)
	}
	w.NoErr(c.Close(w.ctx)) // with one commit, which is refused twice
	w.committed(map[int32]int64{0: 2, 1: 2, 2: 2})
	w.True(refused.Load() > 2)
}

// What one member has committed another one does not read again.
func TestServerMembersReadEachRecordOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, shortBeats())
	w.produce(partitions * 10)
	a := w.open(byServer)
	seen := make(map[int]int)
	for _, i := range w.next(a, partitions*10) {
		seen[i]++
		ack(a, i)
	}
	b := w.open(byServer)
	for b.fetcher.Len() == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	for a.fetcher.Len()+b.fetcher.Len() != partitions {
		time.Sleep(5 * time.Millisecond)
	}
	w.NoErr(a.Close(w.ctx))
	w.produce(partitions * 10)
	for _, i := range w.next(b, partitions*10) {
		seen[i]++
		ack(b, i)
	}
	for i := range partitions * 20 {
		w.Equal(seen[i], 1)
	}
	w.NoErr(b.Close(w.ctx))
	w.committed(map[int32]int64{0: 20, 1: 20, 2: 20})
}

// The partitions of a topic that was made again may be assigned to another member: they are
// read once the coordinator says so, and from their first records.
func TestServerMemberReadsATopicThatWasMadeAgainOnceItIsAssigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var silent atomic.Bool
	embedded.Answer(w.fake, kmsg.ConsumerGroupHeartbeat, func(req kmsg.Request) kmsg.Response {
		if !silent.Load() {
			return nil
		}
		res := req.ResponseKind().(*kmsg.ConsumerGroupHeartbeatResponse)
		res.ErrorCode = kerr.CoordinatorLoadInProgress.Code
		return res
	})
	waits := make(chan struct{})
	var once sync.Once
	c := w.open(func(c *Config) {
		byServer(c)
		warn := c.Group.Warn
		c.Group.Warn = func(msg string, err error) {
			warn(msg, err)
			if strings.Contains(err.Error(), "has yet to assign the new one") {
				once.Do(func() { close(waits) })
			}
		}
	})
	w.produce(partitions * 3)
	ack(c, w.next(c, partitions*3)...)
	w.committed(map[int32]int64{0: 3, 1: 3, 2: 3})

	silent.Store(true)
	want := w.again(10)
	select {
	case <-waits:
	case <-w.ctx.Done():
		t.Fatal("the new topic is read although nobody has assigned it")
	}
	silent.Store(false)
	for seen := make(map[int]bool); !containsAll(seen, want); {
		batches, err := c.Next(w.ctx, 10)
		w.NoErr(err)
		for _, b := range batches {
			for _, r := range b.Records {
				c.Ack(recordOf(b, r.Offset))
			}
		}
		for _, n := range numbers(batches) {
			seen[n] = true
		}
	}
	w.NoErr(c.Close(w.ctx))
	w.committed(map[int32]int64{0: 10, 1: 10, 2: 10})
}
