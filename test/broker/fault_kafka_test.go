package broker_test

import (
	"context"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
	"github.com/conduitio/conduit-connector-kafka/test/proxy"
)

var threeNodes = broker.Options{Nodes: 3, Proxied: true, Faults: true}

// newTopic creates a topic on the cluster and returns a client that knows the
// nodes by their proxies.
func newTopic(t *testing.T, kafka *broker.Cluster) (cl *kclient.Client, topic string) {
	is := is.New(t)
	topic = kafka.NewTopic(t, 3, nil)
	cl, err := kclient.New(kafka.Servers(), // which gives up soon on a silent node
		kgo.RequestTimeoutOverhead(time.Second), kgo.ProduceRequestTimeout(time.Second))
	is.NoErr(err)
	t.Cleanup(cl.Close)
	produceEverywhere(t, cl, topic)
	return cl, topic
}

func produceEverywhere(t *testing.T, cl *kclient.Client, topic string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for p := range int32(3) {
		is.New(t).NoErr(cl.Produce(ctx, &kgo.Record{Topic: topic, Partition: p, Value: []byte("x")}))
	}
}

func TestCluster_of_three_survives_a_killed_node(t *testing.T) {
	is, kafka := is.New(t), broker.ForTest(t, threeNodes)
	cl, topic := newTopic(t, kafka)
	is.NoErr(kafka.KillNode(2))
	produceEverywhere(t, cl, topic)

	is.NoErr(kafka.StartNode(t.Context(), 2))
	nodes, err := cl.Nodes(t.Context())
	is.NoErr(err)
	is.Equal(len(nodes), 3)
	got, err := cl.Consume(t.Context(), topic)
	is.NoErr(err)
	is.True(len(got) >= 6)
}

func TestCluster_of_three_survives_a_stopped_node(t *testing.T) {
	is, kafka := is.New(t), broker.ForTest(t, threeNodes)
	cl, topic := newTopic(t, kafka)
	is.NoErr(kafka.StopNode(t.Context(), 1))
	produceEverywhere(t, cl, topic)
}

func TestCluster_of_three_survives_a_paused_node(t *testing.T) {
	is, kafka := is.New(t), broker.ForTest(t, threeNodes)
	cl, topic := newTopic(t, kafka)
	is.NoErr(kafka.PauseNode(3))
	produceEverywhere(t, cl, topic)
	is.NoErr(kafka.ResumeNode(3))
	is.NoErr(kafka.Ready(t.Context()))
	produceEverywhere(t, cl, topic)
}

func TestCluster_is_reached_through_its_proxies_and_around_them(t *testing.T) {
	is, kafka := is.New(t), broker.ForTest(t, threeNodes)
	_, topic := newTopic(t, kafka)
	for n := 1; n <= 3; n++ {
		is.True(kafka.Proxy(n).Accepted() > 0)
		kafka.Proxy(n).Freeze(proxy.Both)
	}
	around, err := kclient.New(kafka.Direct())
	is.NoErr(err)
	defer around.Close()
	produceEverywhere(t, around, topic)
}

func TestCluster_is_whole_again_for_the_next_test(t *testing.T) {
	is, kafka := is.New(t), broker.ForTest(t, threeNodes)
	newTopic(t, kafka)
	cl, err := kclient.New(kafka.Servers())
	is.NoErr(err)
	defer cl.Close()
	nodes, err := cl.Nodes(t.Context())
	is.NoErr(err)
	is.Equal(len(nodes), 3)
}
