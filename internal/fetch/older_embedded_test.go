package fetch

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// epochEnds has a broker say where the log ended in each epoch that it is asked for, and
// counts how often it is.
func epochEnds(fake *kfake.Cluster, node int32, end int64) *atomic.Int32 {
	asked := new(atomic.Int32)
	embedded.Answer(fake, kmsg.OffsetForLeaderEpoch, func(req kmsg.Request) kmsg.Response {
		if fake.CurrentNode() != node {
			return nil
		}
		asked.Add(1)
		res := embedded.Refusal(req, 0).(*kmsg.OffsetForLeaderEpochResponse)
		for i := range res.Topics[0].Partitions {
			res.Topics[0].Partitions[i].EndOffset = end
		}
		return res
	})
	return asked
}

// The first metadata answers are those of a broker that is cut off and takes itself for
// the leader. What is in its log does not matter.
func TestAsksNoLeaderOfAnOlderEpochThanWhatWasRead(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(2), kfake.SeedTopics(1, topic))
	truth, err := kclient.New(fake.ListenAddrs())
	is.NoErr(err)
	t.Cleanup(truth.Close)
	is.NoErr(truth.Produce(t.Context(), &kgo.Record{Topic: topic, Value: []byte("a")}))
	old := metadataOf(t, fake)
	former := fake.LeaderFor(topic, 0)
	is.NoErr(fake.MoveTopicPartition(topic, 0, 1-former))
	is.NoErr(truth.Produce(t.Context(), &kgo.Record{Topic: topic, Value: []byte("b")}, &kgo.Record{Topic: topic, Value: []byte("c")}))

	var told atomic.Int32
	embedded.Answer(fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		if told.Add(1) > 3 {
			return nil
		}
		res := *old
		res.SetVersion(req.GetVersion())
		return &res
	})
	asked := epochEnds(fake, former, 1)
	f := open(t, fake, 5*time.Second, func(*Config) {})
	f.Add([]Start{{Topic: topic, Offset: 2, LeaderEpoch: fake.PartitionInfo(topic, 0).Epoch}})
	got, err := values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"2:c"})
	is.Equal(asked.Load(), int32(0))
}

// A cluster was restored from a backup: its epochs are older for good.
func TestReadsOnInAClusterWhoseEpochsWentBack(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
	truth, err := kclient.New(fake.ListenAddrs())
	is.NoErr(err)
	t.Cleanup(truth.Close)
	is.NoErr(truth.Produce(t.Context(), &kgo.Record{Topic: topic, Value: []byte("a")}))
	told := embedded.Count(fake, int16(kmsg.Metadata))
	epochEnds(fake, 0, 1)
	f := open(t, fake, 5*time.Second, func(*Config) {})
	f.Add([]Start{{Topic: topic, LeaderEpoch: fake.PartitionInfo(topic, 0).Epoch + 7}})
	got, err := values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"0:a"})
	is.True(told.Load() > maxMisses)
}
