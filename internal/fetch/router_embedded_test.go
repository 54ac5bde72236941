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
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// of returns what a partition is in f, by its topic.
func (f *Fetcher) of(topic string, id int32) *partition {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.parts[message.TopicPartition{Topic: topic, Partition: id}]
}

func (f *Fetcher) await(t *testing.T, so func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		f.mu.Lock()
		ok := so()
		f.mu.Unlock()
		if ok {
			return
		}
		if time.Now().After(end) {
			t.Fatal("it never is")
		}
	}
}

// A partition that is nowhere is as one without a leader.
const nowhere = 7

// One partition has no leader, and meanwhile the topic of another is made again.
func TestLooksForTopicsThatWereMadeAgainThoughAPartitionHasNoLeader(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, topic, "other"))
	noticed := make(chan Lost, 1)
	f := open(t, fake, 5*time.Second, func(c *Config) {
		c.MetadataInterval = 50 * time.Millisecond
		c.Reset = resetBy(func(l Lost) (int64, error) {
			noticed <- l
			return 0, nil
		})
	})
	f.Add([]Start{{Topic: "other", Partition: nowhere, LeaderEpoch: -1}, {Topic: topic, LeaderEpoch: -1}})
	p, other := f.of(topic, 0), f.of("other", nowhere)
	f.await(t, func() bool { return p.state == fetching && other.misses > 1 })
	f.mu.Lock()
	p.topicID = cluster.TopicID{9} // as if the topic had been made again since
	f.mu.Unlock()
	select {
	case l := <-noticed:
		is.Equal(l.Why, Recreated)
	case <-time.After(30 * time.Second):
		t.Fatal("nobody notices")
	}
}

// One partition has had no leader for so long that it is rarely looked for. Another
// one's leader moves.
func TestFollowsALeaderThoughAnotherPartitionHasNone(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(2), kfake.SeedTopics(1, topic, "other"))
	truth, err := kclient.New(fake.ListenAddrs())
	is.NoErr(err)
	defer truth.Close()
	f := open(t, fake, 5*time.Second, func(c *Config) { c.MetadataInterval = time.Hour })
	f.Add([]Start{{Topic: "other", Partition: nowhere, LeaderEpoch: -1}, {Topic: topic, LeaderEpoch: -1}})
	p, other := f.of(topic, 0), f.of("other", nowhere)
	f.await(t, func() bool { return p.state == fetching && other.misses > 1 })
	f.await(t, func() bool { other.retryAt = time.Now().Add(time.Hour); return true })
	is.NoErr(fake.MoveTopicPartition(topic, 0, 1-fake.LeaderFor(topic, 0)))
	is.NoErr(truth.Produce(t.Context(), &kgo.Record{Topic: topic, Value: []byte("a")}))
	got, err := values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"0:a"})
}

// While records that were fetched before wait for Next, metadata can't help.
func TestDoesNotAskForMetadataWhileARestWaitsForItsUser(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
	embedded.Answer(fake, kmsg.Fetch, func(req kmsg.Request) kmsg.Response {
		res := embedded.Refusal(req, 0).(*kmsg.FetchResponse)
		switch p := &res.Topics[0].Partitions[0]; req.(*kmsg.FetchRequest).Topics[0].Partitions[0].FetchOffset {
		case 0:
			p.RecordBatches = batch(0, 0, "a")
		case 1:
			p.ErrorCode = kerr.OffsetOutOfRange.Code
		case 4:
			p.RecordBatches = batch(4, 4, "e")
		}
		return res
	})
	f := open(t, fake, 5*time.Second, func(c *Config) {
		c.MetadataInterval = time.Hour
		c.Reset = resetBy(func(Lost) (int64, error) { return 4, nil })
	})
	f.Add([]Start{{Topic: topic, LeaderEpoch: -1}})
	p := f.of(topic, 0)
	f.await(t, func() bool { return p.lost != 0 })
	asked := embedded.Count(fake, int16(kmsg.Metadata))
	time.Sleep(300 * time.Millisecond) // in vain
	is.True(asked.Load() <= 1)         // the one that found it waiting
	got, err := values(t, f, 2)
	is.NoErr(err)
	is.Equal(got, []string{"0:a", "4:e"})
}

func TestSaysOnceThatPartitionsHaveNoLeader(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
	warned := make(chan error, 100)
	f := open(t, fake, 5*time.Second, func(c *Config) { c.Warn = func(_ string, err error) { warned <- err } })
	starts := []Start{{Topic: topic, LeaderEpoch: -1}}
	for i := range int32(20) {
		starts = append(starts, Start{Topic: topic, Partition: nowhere + i, LeaderEpoch: -1})
	}
	f.Add(starts)
	err := <-warned
	is.True(len(err.Error()) < 200)
	f.mu.Lock()
	defer f.mu.Unlock()
	is.True(len(warned) == 0)
	t.Log(err)
}

// A broker whose connections break may have been cut off from its cluster as well.
func TestAsksOthersThanTheBrokerInTroubleForLeaders(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(2), kfake.SeedTopics(1, topic))
	truth, err := kclient.New(fake.ListenAddrs())
	is.NoErr(err)
	is.NoErr(truth.Produce(t.Context(), &kgo.Record{Topic: topic, Value: []byte("a")}))
	truth.Close()
	bad := fake.LeaderFor(topic, 0)
	var broken, asked atomic.Int64
	fake.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		if fake.CurrentNode() == bad && broken.Add(1) <= 8 {
			return nil, kerr.UnknownServerError, true // it hangs up
		}
		return nil, nil, false
	})
	fake.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		about := req.(*kmsg.MetadataRequest).Topics // none: it is asked which cluster it belongs to
		if fake.CurrentNode() == bad && broken.Load() > 0 && len(about) > 0 {
			asked.Add(1)
		}
		return nil, nil, false
	})
	f := open(t, fake, 5*time.Second, func(c *Config) { c.MetadataInterval = time.Hour })
	f.Add([]Start{{Topic: topic, LeaderEpoch: -1}})
	got, err := values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"0:a"})
	is.Equal(asked.Load(), int64(0))
}
