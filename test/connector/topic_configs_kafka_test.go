package connector_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// configsOf are configs of a topic by name.
func configsOf(ctx context.Context, t *testing.T, client *kclient.Client, topic string, names ...string) map[string]string {
	t.Helper()
	req := kmsg.NewPtrDescribeConfigsRequest()
	req.Resources = []kmsg.DescribeConfigsRequestResource{{ResourceType: kmsg.ConfigResourceTypeTopic, ResourceName: topic, ConfigNames: names}}
	res, err := req.RequestWith(ctx, client.Raw())
	is.New(t).NoErr(err)
	out := make(map[string]string)
	for _, c := range res.Resources[0].Configs {
		out[c.Name] = *c.Value
	}
	return out
}

func TestCreatesTopicsWithTheirConfigs(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	cluster, client, _ := realKafka(t, 1)
	topic := "t-" + uuid.NewString()
	s := settings{"servers": list(cluster.Servers()), "topic": topic}
	ctx := guarded(t)
	for configs, says := range map[string]string{
		"cleanup.polcy=compact":   "cleanup.polcy",
		"cleanup.policy=compress": "compress",
		"retention.ms=soon":       "retention.ms",
	} {
		n, err := write(ctx, s.with(settings{"topicConfigs": configs}), numbered(1)...)
		is.Equal(n, 0)
		expect.Error(t, err, "check topicConfigs", says, topic)
	}
	n, err := write(ctx, s.with(settings{"topicConfigs": "cleanup.policy=compact,delete\nretention.ms=3600000\n", "topicPartitions": "2"}), numbered(3)...)
	is.NoErr(err)
	is.Equal(n, 3)
	is.Equal(configsOf(ctx, t, client, topic, "cleanup.policy", "retention.ms"), map[string]string{"cleanup.policy": "compact,delete", "retention.ms": "3600000"})
	is.Equal(partitionsOf(t, client, topic), 2)
}
