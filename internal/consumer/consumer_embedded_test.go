package consumer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/fetch"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

const (
	topic      = "t"
	partitions = 3
)

type world struct {
	*is.I
	t     *testing.T
	ctx   context.Context
	fake  *kfake.Cluster
	truth *kclient.Client
	sent  int
	// others has resume name partitions in another one's position.
	others bool
}

func newWorld(t *testing.T, opts ...kfake.Opt) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	fake := embedded.Start(t, append(opts, kfake.SeedTopics(partitions, topic))...)
	truth, err := kclient.New(fake.ListenAddrs())
	is.New(t).NoErr(err)
	t.Cleanup(truth.Close)
	return &world{I: is.New(t), t: t, ctx: ctx, fake: fake, truth: truth}
}

// open joins group g.
func (w *world) open(change func(*Config)) *Consumer {
	client := cluster.New(w.fake.ListenAddrs(), wire.Config{DialTimeout: 5 * time.Second, RequestTimeout: 5 * time.Second})
	return Open(client, w.config(change))
}

func (w *world) config(change func(*Config)) Config {
	cfg := Config{
		Group: group.Config{
			GroupID: "g", Topics: []string{topic},
			SessionTimeout: 6 * time.Second, RebalanceTimeout: 10 * time.Second,
			HeartbeatInterval: 50 * time.Millisecond, MetadataInterval: 100 * time.Millisecond,
			RetryJoin: true,
			Warn:      func(msg string, err error) { w.t.Log(msg, err) },
		},
		Fetch: fetch.Config{
			ReadCommitted: true, MinBytes: 1, MaxWait: 100 * time.Millisecond,
			MaxBytes: 1 << 20, MaxPartitionBytes: 1 << 20, MaxBuffered: 1 << 20,
		},
		FromBeginning: true, CommitSize: 1000, CommitInterval: 20 * time.Millisecond, MaxUncommitted: 10_000,
		Info: func(msg string) { w.t.Log(msg) },
	}
	if change != nil {
		change(&cfg)
	}
	return cfg
}

// produce writes n records, numbered in their values, in turn to each partition.
func (w *world) produce(n int) {
	w.t.Helper()
	var records []*kgo.Record
	for range n {
		records = append(records, &kgo.Record{Topic: topic, Partition: int32(w.sent % partitions), Value: fmt.Append(nil, w.sent)})
		w.sent++
	}
	w.NoErr(w.truth.Produce(w.ctx, records...))
}

// next reads n records and returns their numbers in order of arrival.
func (w *world) next(c *Consumer, n int) []int {
	w.t.Helper()
	var got []int
	for len(got) < n {
		batches, err := c.Next(w.ctx, n-len(got))
		w.NoErr(err)
		got = append(got, numbers(batches)...)
	}
	return got
}

func numbers(batches []message.Batch) []int {
	var out []int
	for _, b := range batches {
		for _, r := range b.Records {
			var i int
			fmt.Sscan(string(r.Value), &i)
			out = append(out, i)
		}
	}
	return out
}

// record is one of which only the place is known.
func record(partition int32, offset int64) Record {
	return Record{Topic: topic, Partition: partition, LeaderEpoch: -1, Offset: offset}
}

// recordOf is one of a batch.
func recordOf(b message.Batch, offset int64) Record {
	return Record{Topic: b.Topic, Partition: b.Partition, TopicID: b.TopicID, LeaderEpoch: b.LeaderEpoch, Offset: offset}
}

// ack acknowledges records by their numbers.
func ack(c *Consumer, numbers ...int) {
	for _, i := range numbers {
		c.Ack(record(int32(i%partitions), int64(i/partitions)))
	}
}

// committed waits until the group has committed the offsets.
func (w *world) committed(want map[int32]int64) {
	w.t.Helper()
	var got map[int32]int64
	for w.ctx.Err() == nil {
		var err error
		got, err = w.truth.Committed(w.ctx, "g", topic)
		w.True(err == nil || errors.Is(err, kerr.GroupIDNotFound))
		if fmt.Sprint(got) == fmt.Sprint(want) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	w.Equal(got, want)
}

func TestReadsInOrderAndCommitsPrefixes(t *testing.T) {
	w := newWorld(t)
	w.produce(30)
	c := w.open(nil)
	got := w.next(c, 30)
	for p := range partitions {
		var of []int
		for _, i := range got {
			if i%partitions == p {
				of = append(of, i)
			}
		}
		w.True(slices.IsSorted(of))
		w.Equal(len(of), 10)
	}
	ack(c, 0, 3, 6, 12, 1) // 9 is missing in partition 0
	w.committed(map[int32]int64{0: 3, 1: 1, 2: 0})
	ack(c, 9)
	w.committed(map[int32]int64{0: 5, 1: 1, 2: 0})
	ack(c, got...)
	w.NoErr(c.Close(w.ctx)) // commits the rest
	w.committed(map[int32]int64{0: 10, 1: 10, 2: 10})
}

// What comes after the last record and is none, such as the marker of a transaction, is
// read too: it must not look as if something were left.
func TestCommitsBehindWhatIsNotHandedOut(t *testing.T) {
	w := newWorld(t)
	c := w.open(nil)
	w.produce(3)
	ack(c, w.next(c, 3)...)
	w.NoErr(w.truth.ProduceCommitted(w.ctx, &kgo.Record{Topic: topic, Partition: 0, Value: []byte("3")}))
	ack(c, w.next(c, 1)...)
	w.NoErr(w.truth.ProduceAborted(w.ctx, &kgo.Record{Topic: topic, Partition: 1, Value: []byte("aborted")}))
	read, stop := context.WithCancel(w.ctx)
	defer stop()
	ended := make(chan error)
	go func() {
		_, err := c.Next(read, 1)
		ended <- err
	}()
	w.committed(map[int32]int64{0: 3, 1: 3, 2: 1})
	stop()
	w.True(errors.Is(<-ended, context.Canceled)) // no record came
	w.NoErr(c.Close(w.ctx))
}

// "Latest" is where the group was first started, also if the process dies before
// anything was acknowledged.
func TestALatestStartSurvivesACrash(t *testing.T) {
	w := newWorld(t)
	w.produce(9)
	c := w.open(func(c *Config) { c.FromBeginning = false })
	w.committed(map[int32]int64{0: 3, 1: 3, 2: 3})
	w.produce(3)
	w.Equal(len(w.next(c, 3)), 3) // read, never acknowledged
	w.NoErr(c.Close(w.ctx))

	c = w.open(func(c *Config) { c.FromBeginning = false })
	got := w.next(c, 3)
	slices.Sort(got)
	w.Equal(got, []int{9, 10, 11})
	w.NoErr(c.Close(w.ctx))
}

func TestHandsPartitionsOverWithoutLossOrRepetition(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.produce(30)
	first := w.open(nil)
	got := w.next(first, 30)
	ack(first, got...)
	second := w.open(nil)
	// The group rebalances; both read on, and nothing twice.
	seen := map[int]int{}
	for len(seen) < 60 {
		if w.sent < 90 {
			w.produce(1)
		}
		for _, c := range []*Consumer{first, second} {
			ctx, cancel := context.WithTimeout(w.ctx, 20*time.Millisecond)
			batches, err := c.Next(ctx, 10)
			cancel()
			w.True(err == nil || errors.Is(err, context.DeadlineExceeded))
			for _, i := range numbers(batches) {
				seen[i]++
				ack(c, i)
			}
		}
	}
	for i := range 60 {
		w.Equal(seen[30+i], 1)
	}
	w.NoErr(first.Close(w.ctx))
	w.NoErr(second.Close(w.ctx))
	w.committed(map[int32]int64{0: 30, 1: 30, 2: 30})
}

func TestFollowsLeadersAndCoordinatorsThatMove(t *testing.T) {
	w := newWorld(t)
	c := w.open(nil)
	for range 10 {
		w.produce(30)
		got := w.next(c, 30)
		ack(c, got...)
		w.fake.ShufflePartitionLeaders()
		w.fake.RehashCoordinators()
	}
	w.committed(map[int32]int64{0: 100, 1: 100, 2: 100})
	w.NoErr(c.Close(w.ctx))
}

func TestReadsPartitionsThatAreAdded(t *testing.T) {
	w := newWorld(t)
	w.produce(3)
	c := w.open(nil)
	ack(c, w.next(c, 3)...)
	w.NoErr(w.truth.AddPartitions(w.ctx, topic, 5))
	w.produceTo(4, "77")
	w.Equal(w.next(c, 1), []int{77})
	w.NoErr(c.Close(w.ctx))
}

// With "latest", what is written to a partition before the group has noticed it is
// not lost, also if the group was down at the time.
func TestReadsNewPartitionsFromTheirFirstRecord(t *testing.T) {
	for _, running := range []bool{true, false} {
		t.Run(fmt.Sprint("running ", running), func(t *testing.T) {
			w := newWorld(t)
			latest := func(c *Config) { c.FromBeginning = false }
			w.produce(9)
			c := w.open(latest)
			w.committed(map[int32]int64{0: 3, 1: 3, 2: 3})
			if !running {
				w.NoErr(c.Close(w.ctx))
			}
			w.NoErr(w.truth.AddPartitions(w.ctx, topic, 5))
			w.produceTo(4, "77")
			if !running {
				c = w.open(latest)
			}
			w.Equal(w.next(c, 1), []int{77})
			w.NoErr(c.Close(w.ctx))
		})
	}
}

func TestReadsATopicThatIsCreatedLaterFromItsFirstRecord(t *testing.T) {
	w := newWorld(t)
	c := w.open(func(c *Config) {
		c.FromBeginning = false
		c.Group.Topics = []string{"later"}
		c.Present = map[string]bool{}
	})
	w.NoErr(w.truth.CreateTopic(w.ctx, "later", 2, nil))
	w.NoErr(w.truth.Produce(w.ctx, &kgo.Record{Topic: "later", Partition: 1, Value: []byte("5")}))
	w.Equal(w.next(c, 1), []int{5})
	w.NoErr(c.Close(w.ctx))
}

// produceTo writes with a client that knows partitions which were just added.
func (w *world) produceTo(partition int32, value string) {
	w.t.Helper()
	fresh, err := kclient.New(w.fake.ListenAddrs())
	w.NoErr(err)
	defer fresh.Close()
	w.NoErr(fresh.Produce(w.ctx, &kgo.Record{Topic: topic, Partition: partition, Value: []byte(value)}))
}

func TestWaitsWhenTooManyAreUnacknowledged(t *testing.T) {
	w := newWorld(t)
	w.produce(30)
	c := w.open(func(c *Config) { c.MaxUncommitted = 10 })
	got := w.next(c, 10)
	w.Equal(len(got), 10)
	ctx, cancel := context.WithTimeout(w.ctx, 100*time.Millisecond)
	defer cancel()
	_, err := c.Next(ctx, 1)
	w.True(errors.Is(err, context.DeadlineExceeded))
	ack(c, got...)
	for len(got) < 30 {
		more := w.next(c, 1)
		ack(c, more...)
		got = append(got, more...)
	}
	w.NoErr(c.Close(w.ctx))
}

func TestFailsWithTheReasonThatStays(t *testing.T) {
	w := newWorld(t)
	w.produce(3)
	w.fake.ControlKey(int16(kmsg.JoinGroup), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		res := req.ResponseKind().(*kmsg.JoinGroupResponse)
		res.ErrorCode = kerr.GroupAuthorizationFailed.Code
		return res, nil, true
	})
	c := w.open(func(c *Config) { c.Group.RetryJoin = false })
	_, err := c.Next(w.ctx, 1)
	t.Log(err)
	w.True(errors.Is(err, kafkago.GroupAuthorizationFailed))
	w.NoErr(c.Close(w.ctx))
}

// All brokers are gone: Close gives up after a while and says what that means.
func TestClosesWithoutBrokers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.produce(3)
	c := w.open(func(c *Config) { c.CommitInterval = time.Hour })
	got := w.next(c, 3)
	w.committed(map[int32]int64{0: 0, 1: 0, 2: 0}) // where it starts, and no more
	ack(c, got...)
	w.truth.Close()
	w.fake.Close()
	err := c.Close(w.ctx)
	t.Log(err)
	w.True(err != nil)
	w.NoErr(w.ctx.Err())
}

func TestLeavesNoGoroutineBehind(t *testing.T) {
	w := newWorld(t)
	w.produce(3)
	ignore := goleak.IgnoreCurrent()
	c := w.open(nil)
	w.next(c, 3)
	w.NoErr(c.Close(w.ctx))
	goleak.VerifyNone(t, ignore, goleak.IgnoreAnyFunction("github.com/twmb/franz-go/pkg/kfake.(*group).manage"),
		goleak.IgnoreAnyFunction("github.com/twmb/franz-go/pkg/kfake.(*clientConn).read.func1"), // of the observer
		goleak.IgnoreAnyFunction("github.com/twmb/franz-go/pkg/kfake.(*clientConn).read"),
		goleak.IgnoreAnyFunction("github.com/twmb/franz-go/pkg/kfake.(*clientConn).write"))
}
