package fetch

import (
	"context"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// A leader that is cut off from the others goes on answering fetches, and gets no
// records any more.
func TestFetcherLeavesALeaderThatIsCutOffFromTheOthers(t *testing.T) {
	is := is.New(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	fake := embedded.Start(t, kfake.NumBrokers(2), kfake.SeedTopics(1, topic))
	is.NoErr(fake.MoveTopicPartition(topic, 0, 0))
	asked := embedded.Count(fake, kmsg.Fetch.Int16())
	f := open(t, fake, 10*time.Second, func(c *Config) { c.MetadataInterval = 50 * time.Millisecond })
	f.Add([]Start{{Topic: topic, Partition: 0, LeaderEpoch: -1}})
	for asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	id := fake.TopicInfo(topic).TopicID
	embedded.Answer(fake, kmsg.Fetch, func(req kmsg.Request) kmsg.Response {
		if fake.CurrentNode() != 0 {
			return nil
		}
		fake.SleepControl(func() { time.Sleep(10 * time.Millisecond) })
		res := req.ResponseKind().(*kmsg.FetchResponse)
		p := kmsg.NewFetchResponseTopicPartition()
		rt := kmsg.NewFetchResponseTopic()
		rt.Topic, rt.TopicID, rt.Partitions = topic, id, append(rt.Partitions, p)
		res.Topics = append(res.Topics, rt)
		return res
	})
	is.NoErr(fake.MoveTopicPartition(topic, 0, 1))
	truth, err := kclient.New(fake.ListenAddrs())
	is.NoErr(err)
	defer truth.Close()
	is.NoErr(truth.Produce(ctx, &kgo.Record{Topic: topic, Value: []byte("a")}))
	got, err := values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"0:a"})
}
