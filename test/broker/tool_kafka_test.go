package broker_test

import (
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

func TestCluster_runs_kafkas_own_tools(t *testing.T) {
	is, kafka := is.New(t), broker.ForTest(t, broker.Options{})
	topic := kafka.NewTopic(t, 2, nil)

	out, err := kafka.Tool(t.Context(), "org.apache.kafka.tools.TopicCommand",
		"--bootstrap-server", kafka.Direct()[0], "--describe", "--topic", topic)
	is.NoErr(err)
	expect.Text(t, out, "PartitionCount: 2")

	_, err = kafka.Tool(t.Context(), "org.apache.kafka.tools.TopicCommand", "--no-such-option")
	is.True(err != nil)
	expect.Error(t, err, "no-such-option") // says what the tool said
}

func TestCluster_has_the_properties_that_were_asked_for(t *testing.T) {
	is, kafka := is.New(t), broker.ForTest(t, broker.Options{
		Properties: map[string]string{"auto.create.topics.enable": "false"},
	})
	cl, err := kclient.New(kafka.Direct())
	is.NoErr(err)
	defer cl.Close()
	req := kmsg.NewPtrDescribeConfigsRequest()
	resource := kmsg.NewDescribeConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = kmsg.ConfigResourceTypeBroker, "1"
	resource.ConfigNames = []string{"auto.create.topics.enable"}
	req.Resources = append(req.Resources, resource)
	resp, err := req.RequestWith(t.Context(), cl.Raw().Broker(1))
	is.NoErr(err)
	is.Equal(len(resp.Resources[0].Configs), 1)
	is.Equal(*resp.Resources[0].Configs[0].Value, "false")
}
