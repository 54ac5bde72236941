package consumer

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// unknownOnce has one metadata answer after the assignment say that there is no such
// topic, as a broker does that has heard of its deletion and not yet of what came after.
func (w *world) unknownOnce() (refused *atomic.Bool) {
	refused = new(atomic.Bool)
	var assigned atomic.Bool
	embedded.Answer(w.fake, kmsg.SyncGroup, func(kmsg.Request) kmsg.Response {
		assigned.Store(true)
		return nil
	})
	embedded.Answer(w.fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		if !assigned.Load() || refused.Swap(true) {
			return nil
		}
		return embedded.Refusal(req, kerr.UnknownTopicOrPartition.Code)
	})
	return refused
}

// While nobody read the topic was made again; a commit for the old one came later.
func TestConsumerStartsNothingOfATopicThatMetadataDoesNotDescribe(t *testing.T) {
	w := newWorld(t)
	w.produce(30)
	c := w.open(nil)
	ack(c, w.next(c, 30)...)
	w.committed(map[int32]int64{0: 10, 1: 10, 2: 10})
	old := w.topicID()
	w.NoErr(c.Close(w.ctx))
	want := w.again(20)
	w.commit(10, note{partitions: partitions, topic: old}.String())

	refused := w.unknownOnce()
	var said warnings
	c = w.open(func(c *Config) { c.Group.Warn = said.warn })
	defer c.Close(w.ctx)
	got := w.next(c, len(want))
	slices.Sort(got)
	w.Equal(got, want)
	w.True(refused.Load())
	w.Equal(said.about("find where to start"), 1)
}

// The group's offsets are gone, and its position is of a partition that one metadata
// answer lacks. What came since is not passed over.
func TestConsumerLooksBackOnceMetadataDescribesTheTopicOfThePosition(t *testing.T) {
	w := newWorld(t)
	latest := func(c *Config) { c.FromBeginning, c.Reset = false, ResetEarliest }
	c := w.open(latest)
	w.committed(map[int32]int64{0: 0, 1: 0, 2: 0})
	w.produce(18)
	ack(c, w.next(c, 18)...)
	w.NoErr(c.Close(w.ctx))
	forget["deleted"](w)
	w.produce(3)

	refused := w.unknownOnce()
	c = w.resume(w.position(1, 5), latest)
	defer c.Close(w.ctx)
	got := w.next(c, 15)
	slices.Sort(got)
	w.Equal(got, []int{0, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 19, 20})
	w.True(refused.Load())
}

// A topic that metadata describes does not wait for one that it does not, and not for
// ever where that is the topic of the position.
func TestConsumerStartsThoughMetadataDoesNotDescribeAnotherTopic(t *testing.T) {
	for name, test := range map[string]struct {
		fromBeginning bool
		want          int64
	}{"earliest": {true, 0}, "latest": {false, 3}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.NoErr(w.truth.CreateTopic(w.ctx, "other", 1, nil))
			w.produce(9)
			lacking := w.metadata(topic, "other")
			lacking.Topics[1].ErrorCode, lacking.Topics[1].Partitions = kerr.UnknownTopicOrPartition.Code, nil
			var assigned atomic.Bool
			embedded.Answer(w.fake, kmsg.SyncGroup, func(kmsg.Request) kmsg.Response {
				assigned.Store(true)
				return nil
			})
			embedded.Answer(w.fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
				if !assigned.Load() {
					return nil
				}
				res := *lacking
				res.SetVersion(req.GetVersion())
				return &res
			})
			c := w.open(func(c *Config) {
				c.Resume = &Resume{Topic: "other", Offset: 3, LeaderEpoch: -1}
				c.Group.Topics, c.Group.MetadataInterval = []string{topic, "other"}, time.Hour
				c.FromBeginning = test.fromBeginning
			})
			defer c.Close(w.ctx)
			w.committed(map[int32]int64{0: test.want, 1: test.want, 2: test.want})
		})
	}
}

// metadata is what the cluster tells of topics, in their order.
func (w *world) metadata(topics ...string) *kmsg.MetadataResponse {
	w.t.Helper()
	req := kmsg.NewPtrMetadataRequest()
	for _, name := range topics {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = &name
		req.Topics = append(req.Topics, t)
	}
	res, err := req.RequestWith(w.ctx, w.truth.Raw())
	w.NoErr(err)
	slices.SortFunc(res.Topics, func(a, b kmsg.MetadataResponseTopic) int {
		return slices.Index(topics, *a.Topic) - slices.Index(topics, *b.Topic)
	})
	return res
}

// A broker of a version that knows no topic IDs answers first, while others tell them.
// The offset that was committed for the topic that is gone is not taken for one of the
// topic that has the name now.
func TestConsumerWaitsForTheTopicIDThatOthersTell(t *testing.T) {
	w := newWorld(t)
	w.produce(30)
	old := w.topicID()
	want := w.again(20)
	w.commit(10, note{partitions: partitions, topic: old}.String())
	var times atomic.Int32
	silent := w.metadata(topic)
	silent.Topics[0].TopicID = [16]byte{}
	embedded.Answer(w.fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		if times.Add(1) > 4 {
			return nil
		}
		res := *silent
		res.SetVersion(req.GetVersion())
		return &res
	})
	c := w.open(nil)
	defer c.Close(w.ctx)
	w.until(c, want)
	w.True(times.Load() > 4)
}

// The coordinator is loading for long: somebody has to be told why nothing is read. The
// next assignment comes before the first has been started: the position still counts.
func TestConsumerUsesThePositionAfterAnAssignmentThatDidNotStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.produce(15)
	c := w.open(nil)
	w.next(c, 15)
	w.NoErr(c.Close(w.ctx)) // has committed the start of each partition
	var asked atomic.Int32
	var loaded atomic.Bool
	embedded.Answer(w.fake, kmsg.OffsetFetch, func(req kmsg.Request) kmsg.Response {
		if loaded.Load() {
			return nil
		}
		asked.Add(1)
		return embedded.Refusal(req, kerr.CoordinatorLoadInProgress.Code)
	})
	expel := w.expels()
	var joined atomic.Int32
	var said warnings
	c = w.resume(w.position(1, 2), func(c *Config) {
		c.Group.Warn = said.warn
		c.Group.Hooks.Joined = func() { joined.Add(1) }
	})
	defer c.Close(w.ctx)
	w.wait(func() bool { return asked.Load() >= 12 })
	w.Equal(said.about("fetch committed offsets, trying again"), 2)
	expel()
	w.wait(func() bool { return joined.Load() == 2 })
	before := asked.Load()
	w.wait(func() bool { return asked.Load() > before })
	loaded.Store(true)
	got := w.next(c, 12)
	slices.Sort(got)
	w.Equal(got, []int{0, 2, 3, 5, 6, 8, 9, 10, 11, 12, 13, 14})
}

func (w *world) wait(until func() bool) {
	for !until() && w.ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	w.t.Helper()
	w.NoErr(w.ctx.Err())
}
