package fetch

import (
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

// asksForTopics counts how often the fetcher asks for metadata of topics. Others that do
// speak a newer version.
func asksForTopics(fake *kfake.Cluster) *atomic.Int64 {
	n := new(atomic.Int64)
	embedded.Answer(fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		if r := req.(*kmsg.MetadataRequest); r.Version <= 12 && len(r.Topics) > 0 {
			n.Add(1)
		}
		return nil
	})
	return n
}

func TestFollowsTheLeaderThatABrokerNamesWithoutMetadata(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(3), kfake.SeedTopics(1, topic))
	truth, err := kclient.New(fake.ListenAddrs())
	is.NoErr(err)
	defer truth.Close()
	f := open(t, fake, 10*time.Second, func(c *Config) { c.MetadataInterval = time.Hour })
	f.Add([]Start{{Topic: topic, LeaderEpoch: -1}})
	is.NoErr(truth.Produce(t.Context(), &kgo.Record{Topic: topic, Value: []byte("a")}))
	got, err := values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"0:a"})

	asked := asksForTopics(fake)
	for range 3 {
		is.NoErr(fake.MoveTopicPartition(topic, 0, (fake.LeaderFor(topic, 0)+1)%3))
		is.NoErr(truth.Produce(t.Context(), &kgo.Record{Topic: topic, Value: []byte("b")}))
		_, err = values(t, f, 1)
		is.NoErr(err)
	}
	is.Equal(asked.Load(), int64(0))
}

// Two brokers name each other, in the same epoch, as they can only if one is wrong. Each is
// asked once for that; then metadata says who leads, with the usual waits.
func TestBrokersThatNameEachOtherAreNoLoop(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(2), kfake.SeedTopics(1, topic))
	epoch := fake.PartitionInfo(topic, 0).Epoch
	asked := asksForTopics(fake)
	fetched := new(atomic.Int64)
	embedded.Answer(fake, kmsg.Fetch, func(req kmsg.Request) kmsg.Response {
		fetched.Add(1)
		res := embedded.Refusal(req, kerr.NotLeaderForPartition.Code).(*kmsg.FetchResponse)
		for i := range res.Topics {
			l := &res.Topics[i].Partitions[0].CurrentLeader
			l.LeaderID, l.LeaderEpoch = 1-fake.CurrentNode(), epoch+1
		}
		return res
	})
	f := open(t, fake, 10*time.Second, func(c *Config) { c.MetadataInterval = time.Hour })
	f.Add([]Start{{Topic: topic, LeaderEpoch: -1}})
	for end := time.Now().Add(30 * time.Second); asked.Load() < 8; time.Sleep(time.Millisecond) {
		is.True(time.Now().Before(end))
	}
	is.True(fetched.Load() <= 10) // one for each metadata answer, and one for the hint
}

func TestHintIsOfARefusalByTheLeaderAlone(t *testing.T) {
	is := is.New(t)
	for code, want := range map[*kerr.Error]bool{
		kerr.NotLeaderForPartition: true, kerr.FencedLeaderEpoch: true, kerr.UnknownLeaderEpoch: false, kerr.OffsetOutOfRange: false,
	} {
		is.Equal((&partitionResponse{err: code.Code, leader: 2}).refersOn(), want)
		is.True(!(&partitionResponse{err: code.Code, leader: -1}).refersOn())
	}
	is.True(!(&partitionResponse{leader: 2}).refersOn())
}

// What is known to be newer than what was asked is tried once, and never where the offset or
// the log is in question.
func TestPartitionGoesOnWithALeaderThatIsKnown(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
	f := open(t, fake, 10*time.Second, func(c *Config) { c.MetadataInterval = time.Hour })
	topics, err := f.client.Refresh(t.Context(), []string{topic})
	is.NoErr(err)
	now := topics[topic].Partitions[0].LeaderEpoch + 7
	hint := cluster.LeaderHint{Topic: topic, LeaderEpoch: now}
	is.Equal(len(f.client.TakeHints([]cluster.LeaderHint{hint}, nil)), 1)
	for name, test := range map[string]struct {
		epoch, last int32
		lost        Reason
		want        bool
	}{
		"an older epoch was asked":         {now - 1, now - 1, 0, true},
		"this one was":                     {now, now - 1, 0, false},
		"none was":                         {-1, -1, 0, false},
		"the offset is not in the log":     {now - 1, now - 1, OutOfRange, false},
		"records of a newer one were read": {now - 1, now + 1, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := &partition{question: question{epoch: test.epoch, lastEpoch: test.last}, lost: test.lost}
			p.Topic = topic
			is.New(t).Equal(f.knowsNext(p), test.want)
		})
	}
}
