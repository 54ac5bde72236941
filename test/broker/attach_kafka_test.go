package broker_test

import (
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestForTest_uses_the_cluster_of_another_process(t *testing.T) {
	is, owned := is.New(t), broker.ForTest(t, broker.Options{})
	env, err := owned.Env()
	is.NoErr(err)
	t.Setenv(broker.ClusterEnv, env)

	kafka := broker.ForTest(t, broker.Options{})
	is.True(kafka != owned)
	is.Equal(kafka.Servers(), owned.Servers())
	is.Equal(kafka.SASLSSL(), owned.SASLSSL())
	is.Equal(kafka.Certs(), owned.Certs())
	topic := kafka.NewTopic(t, 1, nil)
	out, err := kafka.Tool(t.Context(), "org.apache.kafka.tools.TopicCommand",
		"--bootstrap-server", kafka.Direct()[0], "--list")
	is.NoErr(err)
	expect.Text(t, out, topic)

	err = kafka.KillNode(1)
	is.True(err != nil)
	is.Equal(err.Error(), "kill node 1: not this process's own cluster: set Options.Faults")
	is.NoErr(kafka.Stop()) // which leaves it alone
	owned.NewTopic(t, 1, nil)
}

func TestStart_uses_KAFKA_TEST_SERVERS(t *testing.T) {
	is, owned := is.New(t), broker.ForTest(t, broker.Options{})
	t.Setenv("KAFKA_TEST_SERVERS", strings.Join(owned.Servers(), ","))

	kafka, err := broker.Start(t.Context(), broker.Options{})
	is.NoErr(err)
	is.Equal(kafka.Servers(), owned.Servers())
	is.Equal(len(kafka.SSL()), 0)
	kafka.NewTopic(t, 1, nil)

	_, err = broker.Start(t.Context(), broker.Options{Nodes: 3})
	is.True(err != nil) // it has one
}
