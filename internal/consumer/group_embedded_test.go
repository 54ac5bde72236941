package consumer

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// position is that of a record, as a pipeline has saved it.
func (w *world) position(partition int32, offset int64) *Resume {
	return &Resume{Topic: topic, TopicID: w.topicID(), Partition: partition, Offset: offset, LeaderEpoch: -1}
}

func (w *world) topicID() cluster.TopicID { return w.fake.TopicInfo(topic).TopicID }

// resume opens a consumer of a pipeline that has saved a position: that of a record, or
// of another one that was read after it.
func (w *world) resume(r *Resume, change func(*Config)) *Consumer {
	return w.open(func(c *Config) {
		if c.Resume = r; w.others {
			c.Resume, c.Others = &Resume{Topic: "elsewhere", LeaderEpoch: -1}, []Resume{*r}
		}
		if change != nil {
			change(c)
		}
	})
}

// commit sets the offset of partition 1, while nobody is in the group.
func (w *world) commit(at int64, metadata string) {
	w.t.Helper()
	w.commitIn(1, at, metadata)
}

func (w *world) commitIn(partition int32, at int64, metadata string) {
	w.t.Helper()
	p := kmsg.NewOffsetCommitRequestTopicPartition()
	p.Partition, p.Offset, p.Metadata = partition, at, &metadata
	t := kmsg.NewOffsetCommitRequestTopic()
	t.Topic, t.TopicID, t.Partitions = topic, w.topicID(), append(t.Partitions, p)
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group, req.Topics = "g", append(req.Topics, t)
	res, err := req.RequestWith(w.ctx, w.truth.Raw())
	w.NoErr(err)
	w.NoErr(kerr.ErrorForCode(res.Topics[0].Partitions[0].ErrorCode))
}

// readThirty has all of thirty new records read and committed.
func (w *world) readThirty() {
	w.t.Helper()
	w.produce(30)
	c := w.open(nil)
	ack(c, w.next(c, 30)...)
	w.committed(map[int32]int64{0: 10, 1: 10, 2: 10})
	w.NoErr(c.Close(w.ctx))
}

// putBack is readThirty and an operator who wants partition 1 to be read again after it.
func (w *world) putBack() {
	w.t.Helper()
	w.readThirty()
	w.commit(0, "") // kafka-consumer-groups --reset-offsets
}

// readsAgain reads the first records of partition 1 after putBack, and has them committed.
func (w *world) readsAgain(c *Consumer) {
	w.t.Helper()
	got := w.next(c, 3)
	w.Equal(got, []int{1, 4, 7})
	ack(c, got...)
	w.committed(map[int32]int64{0: 10, 1: 3, 2: 10})
}

// expels returns a function that has the coordinator forget the member and waits until
// it knows.
func (w *world) expels() func() {
	var expel atomic.Bool
	embedded.Answer(w.fake, kmsg.Heartbeat, func(req kmsg.Request) kmsg.Response {
		if expel.Swap(false) {
			return embedded.Refusal(req, kerr.UnknownMemberID.Code)
		}
		return nil
	})
	return func() {
		expel.Store(true)
		for expel.Load() && w.ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
	}
}

// assignedAgain waits until a consumer has lost its partitions, and with them what it
// has read ahead, and has got them back.
func (w *world) assignedAgain(c *Consumer) {
	for _, assigned := range []int{0, partitions} {
		for c.fetcher.Len() != assigned && w.ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
	}
}

// quiet reads what comes until nothing has come for a while.
func (w *world) quiet(c *Consumer) []int {
	w.t.Helper()
	var out []int
	for {
		ctx, cancel := context.WithTimeout(w.ctx, 500*time.Millisecond)
		batches, err := c.Next(ctx, 100)
		cancel()
		if err != nil {
			w.True(ctx.Err() != nil)
			slices.Sort(out)
			return out
		}
		out = append(out, numbers(batches)...)
	}
}

// until reads until all of these have come, from any place.
func (w *world) until(c *Consumer, want []int) {
	w.t.Helper()
	for seen := map[int]bool{}; !containsAll(seen, want); {
		for _, n := range w.next(c, 1) {
			seen[n] = true
		}
	}
}

// cutOff has brokers say that the log of a partition has been another one from an offset on.
func (w *world) cutOff(partition int32, at int64) {
	embedded.Answer(w.fake, kmsg.OffsetForLeaderEpoch, func(req kmsg.Request) kmsg.Response {
		res := embedded.Refusal(req, 0).(*kmsg.OffsetForLeaderEpochResponse)
		for i := range res.Topics {
			for j := range res.Topics[i].Partitions {
				p := &res.Topics[i].Partitions[j]
				if p.EndOffset = 1 << 40; p.Partition == partition {
					p.EndOffset = at
				}
			}
		}
		return res
	})
}

// eitherPlace runs a test in two worlds: where the position that a pipeline has saved is
// that of a record, and where it is that of another record and names this one's partition.
func eitherPlace(t *testing.T, test func(w *world)) {
	for name, others := range map[string]bool{"position": false, "others": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.others = others
			test(w)
		})
	}
}
