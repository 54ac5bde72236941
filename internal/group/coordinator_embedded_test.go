package group

import (
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// Whatever is asked of a group on the way in, and by whom: its coordinator is asked for once.
func TestCoordinatorIsAskedForOnce(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	client := cluster.New(fake.ListenAddrs(), wire.Config{DialTimeout: 30 * time.Second, RequestTimeout: 30 * time.Second})
	defer client.Close()
	asked := embedded.Count(fake, int16(kmsg.FindCoordinator))
	cfg := Config{GroupID: "g", Protocol: Consumer, Topics: []string{topic}}
	is.NoErr(Probe(t.Context(), client, "g"))
	is.NoErr(Offered(t.Context(), client, cfg))
	_, err := New(client, cfg, nil).Committed(t.Context(), nil)
	is.NoErr(err)
	_, err = New(client, cfg, nil).Committed(t.Context(), nil)
	is.NoErr(err)
	is.Equal(asked.Load(), int64(1))

	refuse := embedded.Refuse(fake, kmsg.OffsetFetch, func(kmsg.Request) string { return "" })
	refuse.Next("", kerr.NotCoordinator.Code, 1)
	_, err = New(client, cfg, nil).Committed(t.Context(), Partitions{topic: {0}})
	is.NoErr(err)
	is.Equal(asked.Load(), int64(2)) // it was none any more
}

// An answer is no reason to ask for the coordinator again, nor to doubt the broker that named it.
func TestDescribeKeepsTheCoordinatorThatAnswers(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	client := cluster.New(fake.ListenAddrs(), wire.Config{DialTimeout: 30 * time.Second, RequestTimeout: 30 * time.Second})
	defer client.Close()
	asked := embedded.Count(fake, int16(kmsg.FindCoordinator))
	for range 3 {
		_, err := Describe(t.Context(), client, "g")
		is.NoErr(err)
	}
	is.Equal(asked.Load(), int64(1))
}
