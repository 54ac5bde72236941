package fetch

import (
	"context"
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

// A topic was made again, with a shorter log. The broker that is asked who leads it is cut
// off from the others and tells of the former one.
func TestAsksMoreBrokersWhichTopicLacksAnOffset(t *testing.T) {
	for name, test := range map[string]struct {
		told func(now cluster.TopicID) cluster.TopicID // by the other brokers
		why  Reason
	}{
		"made again": {func(now cluster.TopicID) cluster.TopicID { now[0]++; return now }, Recreated},
		"the same":   {func(now cluster.TopicID) cluster.TopicID { return now }, OutOfRange},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			fake := embedded.Start(t, kfake.NumBrokers(3), kfake.SeedTopics(1, topic))
			told := metadataOf(t, fake)
			former := cluster.TopicID(told.Topics[0].TopicID)
			told.Topics[0].TopicID = test.told(former)
			var again atomic.Bool
			embedded.Answer(fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
				if !again.Load() || fake.CurrentNode() == 0 {
					return nil
				}
				res := *told
				res.SetVersion(req.GetVersion())
				return &res
			})
			lost := make(chan Lost, 10)
			f := open(t, fake, 5*time.Second, func(c *Config) {
				c.Reset = resetBy(func(l Lost) (int64, error) {
					lost <- l
					return 0, nil
				})
			})
			embedded.Answer(fake, kmsg.Fetch, func(req kmsg.Request) kmsg.Response {
				if p := req.(*kmsg.FetchRequest).Topics; len(p) == 0 || p[0].Partitions[0].FetchOffset != 5 {
					return nil
				}
				again.Store(true)
				f.client.Doubt(1)
				f.client.Doubt(2)
				return embedded.Refusal(req, kerr.OffsetOutOfRange.Code)
			})
			f.Add([]Start{{Topic: topic, TopicID: former, Offset: 5, LeaderEpoch: -1}})
			select {
			case l := <-lost:
				is.Equal(l.Why, test.why)
				is.Equal(l.TopicID, test.told(former))
			case <-time.After(30 * time.Second):
				t.Fatal("nothing is lost")
			}
		})
	}
}

// metadataOf is what a cluster tells of the topic.
func metadataOf(t *testing.T, fake *kfake.Cluster) *kmsg.MetadataResponse {
	t.Helper()
	truth, err := kclient.New(fake.ListenAddrs())
	if err != nil {
		t.Fatal(err)
	}
	defer truth.Close()
	req, rt, name := kmsg.NewPtrMetadataRequest(), kmsg.NewMetadataRequestTopic(), topic
	rt.Topic = &name
	req.Topics = append(req.Topics, rt)
	res, err := req.RequestWith(t.Context(), truth.Raw())
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// The answer to what is asked about a partition does not count any more when its topic's
// ID becomes known: it is asked again.
func TestPartitionThatIsAskedAboutIsRoutedAgainWhenItsTopicIsIdentified(t *testing.T) {
	for name, s := range map[string]state{"checking": checking, "resetting": resetting} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			f, _, p := still(t)
			f.free(p)
			p.topicID, p.state, p.retryAt = cluster.TopicID{}, s, time.Now().Add(time.Hour)
			asked := p.ask()
			f.identify(p, cluster.Topic{ID: cluster.TopicID{2}})
			is.True(!asked.stands())
			is.Equal(p.state, routing)
			_, due, _ := f.due()
			is.Equal(len(due), 1)
		})
	}
}

// A topic that was made again is noticed by the first fetch, long before metadata would
// have been asked for. No record of the new topic counts as one of the former.
func TestNoticesATopicThatWasMadeAgainByTheFirstFetch(t *testing.T) {
	is := is.New(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
	truth, err := kclient.New(fake.ListenAddrs())
	is.NoErr(err)
	defer truth.Close()
	is.NoErr(truth.Produce(ctx, &kgo.Record{Topic: topic, Value: []byte("a")}))
	lost := make(chan Lost, 10)
	f := open(t, fake, 10*time.Second, func(c *Config) {
		c.MetadataInterval = time.Hour
		c.Reset = resetBy(func(l Lost) (int64, error) {
			lost <- l
			return 0, nil
		})
	})
	former := cluster.TopicID(fake.TopicInfo(topic).TopicID)
	f.Add([]Start{{Topic: topic, TopicID: former, LeaderEpoch: -1}})
	got, err := values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"0:a"})

	is.NoErr(truth.DeleteTopic(ctx, topic))
	is.NoErr(truth.CreateTopic(ctx, topic, 1, nil))
	again, err := kclient.New(fake.ListenAddrs()) // the other one goes on writing to the former
	is.NoErr(err)
	defer again.Close()
	for _, v := range []string{"new a", "new b", "new c"} { // the former had one record
		is.NoErr(again.Produce(ctx, &kgo.Record{Topic: topic, Value: []byte(v)}))
	}
	got, err = values(t, f, 3)
	is.NoErr(err)
	is.Equal(got, []string{"0:new a", "1:new b", "2:new c"})
	l := <-lost
	is.Equal(l.Why, Recreated)
	is.True(l.TopicID != former)
}
