package fetch

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// The first request, for an empty partition, must not hold up one that is added a
// moment later.
func TestAPartitionThatComesLaterDoesNotWaitForTheOthers(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(2, topic))
	truth, err := kclient.New(fake.ListenAddrs())
	is.NoErr(err)
	defer truth.Close()
	is.NoErr(truth.Produce(context.Background(), &kgo.Record{Topic: topic, Partition: 1, Value: []byte("a")}))
	asked := make(chan struct{})
	var once sync.Once
	fake.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		once.Do(func() { close(asked) })
		return nil, nil, false
	})
	f := open(t, fake, 5*time.Second, func(c *Config) { c.MaxWait = time.Hour })
	f.Add([]Start{{Topic: topic, Partition: 0, LeaderEpoch: -1}})
	<-asked
	f.Add([]Start{{Topic: topic, Partition: 1, LeaderEpoch: -1}})
	got, err := values(t, f, 1) // within its guard, which is less than an hour
	is.NoErr(err)
	is.Equal(got, []string{"0:a"})
}
