package fetch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// led starts two brokers, of which the first leads n partitions with a record each.
func led(t *testing.T, n int32, opts ...kfake.Opt) *kfake.Cluster {
	t.Helper()
	is := is.New(t)
	fake := embedded.Start(t, append(opts, kfake.NumBrokers(2), kfake.SeedTopics(n, topic))...)
	truth, err := kclient.New(fake.ListenAddrs())
	is.NoErr(err)
	defer truth.Close()
	for i := range n {
		is.NoErr(fake.MoveTopicPartition(topic, i, 0))
		is.NoErr(truth.Produce(t.Context(), &kgo.Record{Topic: topic, Partition: i, Value: fmt.Append(nil, i)}))
	}
	return fake
}

func starts(n int32, offset int64, epoch int32) []Start {
	var out []Start
	for i := range n {
		out = append(out, Start{Topic: topic, Partition: i, Offset: offset, LeaderEpoch: epoch})
	}
	return out
}

func TestAsksALeaderAboutAllItsPartitionsAtOnce(t *testing.T) {
	is := is.New(t)
	const n = 20
	fake := led(t, n)
	checks := embedded.Count(fake, int16(kmsg.OffsetForLeaderEpoch))
	f := open(t, fake, 5*time.Second, func(*Config) {})
	f.Add(starts(n, 0, 0))
	_, err := values(t, f, n)
	is.NoErr(err)
	is.Equal(checks.Load(), int64(1))
}

func TestResetsAllPartitionsOfAnAnswerAtOnce(t *testing.T) {
	is := is.New(t)
	const n = 20
	var calls atomic.Int64
	f := open(t, led(t, n), 5*time.Second, func(c *Config) {
		find := resetBy(func(Lost) (int64, error) { return 0, nil })
		c.Reset = func(ctx context.Context, lost []Lost, found func(Found) bool) {
			calls.Add(1)
			find(ctx, lost, found)
		}
	})
	f.Add(starts(n, 9, -1)) // out of range
	_, err := values(t, f, n)
	is.NoErr(err)
	is.Equal(calls.Load(), int64(1))
}

// A leader is silent. One of its partitions gets another leader, the other doesn't: the
// first is not to wait for the second.
func TestAsksTheNextLeaderWhenTheLastIsSilent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key   kmsg.Key
		start Start
	}{
		"about a leader epoch": {kmsg.OffsetForLeaderEpoch, Start{LeaderEpoch: 0}},
		"about a lost offset":  {kmsg.ListOffsets, Start{Offset: 9, LeaderEpoch: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			var spoiler embedded.Spoiler
			fake := led(t, 2, spoiler.Option())
			spoiler.Next(c.key, embedded.Silence(), 1)
			var f *Fetcher
			f = open(t, fake, time.Hour, func(c *Config) {
				c.MetadataInterval = time.Hour
				c.Reset = func(ctx context.Context, lost []Lost, found func(Found) bool) {
					var queries []cluster.OffsetQuery
					for _, l := range lost {
						queries = append(queries, cluster.OffsetQuery{Topic: l.Topic, Partition: l.Partition, Timestamp: cluster.Earliest})
					}
					f.client.ListOffsets(ctx, false, queries, func(answers []cluster.OffsetAnswer) {
						for _, a := range answers {
							i := slices.IndexFunc(lost, func(l Lost) bool { return l.Partition == a.Partition })
							found(Found{Lost: lost[i], To: a.Offset, Err: a.Err})
						}
					})
				}
			})
			f.Add(starts(2, c.start.Offset, c.start.LeaderEpoch))
			f.await(t, func() bool { return spoiler.Left() == 0 })
			is.NoErr(fake.MoveTopicPartition(topic, 0, 1))
			got, err := values(t, f, 1)
			is.NoErr(err)
			is.Equal(got, []string{"0:0"})
		})
	}
}

// The end of a leader epoch is said by a leader that no longer is one: the log that it
// speaks of is not the one that is read.
func TestTheEndOfAnEpochOfALeaderThatMovedIsDropped(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	fake := led(t, 2)
	asked, late := make(chan struct{}), make(chan struct{})
	var once sync.Once
	fake.ControlKey(int16(kmsg.OffsetForLeaderEpoch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		if fake.CurrentNode() != 0 {
			return nil, nil, false
		}
		once.Do(func() { close(asked) })
		fake.SleepControl(func() { <-late })
		res := embedded.Refusal(req, 0).(*kmsg.OffsetForLeaderEpochResponse)
		for i := range res.Topics[0].Partitions {
			res.Topics[0].Partitions[i].EndOffset = 0 // what was read is gone
		}
		return res, nil, true
	})
	f := open(t, fake, time.Hour, func(c *Config) {
		c.MetadataInterval = time.Hour
		c.Reset = resetBy(func(l Lost) (int64, error) {
			if l.Partition == 0 {
				return 0, errors.New("not expected")
			}
			return 0, nil
		})
	})
	f.Add(starts(2, 1, 1))
	<-asked
	is.NoErr(fake.MoveTopicPartition(topic, 0, 1))
	p, stays := f.of(topic, 0), f.of(topic, 1)
	f.await(t, func() bool { return p.state == fetching })
	close(late)
	f.await(t, func() bool { return stays.offset == 0 || stays.state == fetching })
	got, err := values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"0:1"}) // of the partition whose leader stayed
	is.Equal(p.offset, int64(1))
}

// What can't be found out is asked for again, and said once for all partitions.
func TestAsksAgainWhatWasNotAnswered(t *testing.T) {
	is := is.New(t)
	const n = 20
	fake := led(t, n)
	refused := embedded.Refuse(fake, kmsg.OffsetForLeaderEpoch, func(kmsg.Request) string { return "" })
	refused.Next("", kerr.NotLeaderForPartition.Code, 2)
	var warned atomic.Int64
	f := open(t, fake, 5*time.Second, func(c *Config) { c.Warn = func(string, error) { warned.Add(1) } })
	f.Add(starts(n, 0, 0))
	_, err := values(t, f, n)
	is.NoErr(err)
	is.Equal(warned.Load(), int64(2))
}
