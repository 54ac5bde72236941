package fetch

import (
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// The broker that a partition is read from freezes, and another takes over, long
// before the request timeout.
func TestReadsFromTheNextLeaderWhenTheLastIsSilent(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	var spoiler embedded.Spoiler
	fake := embedded.Start(t, kfake.NumBrokers(2), kfake.SeedTopics(1, topic), spoiler.Option())
	truth, err := kclient.New(fake.ListenAddrs())
	is.NoErr(err)
	t.Cleanup(truth.Close)
	write := func(value string) {
		is.NoErr(truth.Produce(t.Context(), &kgo.Record{Topic: topic, Value: []byte(value)}))
	}

	f := open(t, fake, time.Hour, func(c *Config) { c.MetadataInterval = time.Hour })
	write("a")
	f.Add([]Start{{Topic: topic, Partition: 0, LeaderEpoch: -1}})
	got, err := values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"0:a"})

	spoiler.Next(kmsg.Fetch, embedded.Silence(), 1)
	for end := time.Now().Add(time.Minute); spoiler.Left() > 0; time.Sleep(time.Millisecond) {
		is.True(time.Now().Before(end))
	}
	is.NoErr(fake.MoveTopicPartition(topic, 0, 1-fake.LeaderFor(topic, 0)))
	write("b")
	got, err = values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"1:b"})
}
