package connector_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// strictKafka creates no topics by itself, gives those that are created three
// partitions, and allows a login nothing that no ACL allows it.
func strictKafka(t *testing.T) (*broker.Cluster, *kclient.Client) {
	t.Helper()
	c := broker.ForTest(t, broker.Options{Secure: true, Properties: map[string]string{
		"auto.create.topics.enable": "false",
		"num.partitions":            "3",
		"authorizer.class.name":     "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
		"super.users":               "User:ANONYMOUS",
	}})
	client, err := kclient.New(c.Servers())
	is.New(t).NoErr(err)
	t.Cleanup(client.Close)
	return c, client
}

func partitionsOf(t *testing.T, client *kclient.Client, topic string) int {
	t.Helper()
	ends, err := client.EndOffsets(guarded(t), topic)
	is.New(t).NoErr(err)
	return len(ends)
}

func TestCreatesTopicsThatAreMissing(t *testing.T) {
	t.Parallel()
	strict, strictClient := strictKafka(t)
	lenient, lenientClient, _ := realKafka(t, 1)
	for name, test := range map[string]struct {
		cluster  *broker.Cluster
		client   *kclient.Client
		settings settings
		want     int
	}{
		"where brokers don't":                 {strict, strictClient, nil, 3},
		"where brokers don't, with numbers":   {strict, strictClient, settings{"topicPartitions": "5", "topicReplicationFactor": "1"}, 5},
		"where brokers don't, with factor":    {strict, strictClient, settings{"topicReplicationFactor": "1"}, 3},
		"where brokers would":                 {lenient, lenientClient, nil, 1},
		"where brokers would, with numbers":   {lenient, lenientClient, settings{"topicPartitions": "5"}, 5},
		"which a template makes, all of them": {lenient, lenientClient, settings{"topic": "{{ .Metadata.topic }}-{{ .Metadata.shard }}", "topicPartitions": "2"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			topic := "t-" + uuid.NewString()
			records := numbered(30)
			for i := range records {
				records[i].Metadata = map[string]string{"topic": topic, "shard": string(rune('a' + i%3))}
			}
			n, err := write(guarded(t), settings{"servers": list(test.cluster.Servers()), "topic": topic}.with(test.settings), records...)
			is.NoErr(err)
			is.Equal(n, len(records))
			topics := []string{topic}
			if strings.Contains(test.settings["topic"], "shard") {
				topics = []string{topic + "-a", topic + "-b", topic + "-c"}
			}
			total := 0
			for _, topic := range topics {
				is.Equal(partitionsOf(t, test.client, topic), test.want)
				total += countRecords(t, test.client, topic)
			}
			is.Equal(total, len(records))
		})
	}
}

func TestSaysWhyATopicIsNotThere(t *testing.T) {
	t.Parallel()
	cluster, client := strictKafka(t)
	login := settings{"servers": list(cluster.SASLPlaintext()), "saslUsername": broker.User, "saslPassword": broker.Password}
	anonymous := settings{"servers": list(cluster.Servers())}
	for name, test := range map[string]struct {
		settings settings
		allowed  []kmsg.ACLOperation
		want     []string
	}{
		"not to be created": {
			anonymous.with(settings{"topicAutoCreate": "false"}), nil,
			[]string{"it does not exist, and topicAutoCreate is off: create it, or correct the topic setting"},
		},
		"login may not create it": {
			login, []kmsg.ACLOperation{kmsg.ACLOperationWrite, kmsg.ACLOperationDescribe},
			[]string{"it does not exist", "create the topic yourself, or allow the login Create on the topic or on the cluster: the login lacks Create on topic"},
		},
		"login may not even see it": {login, nil, []string{"Topic Authorization Failed"}},
		"too many replicas": {
			anonymous.with(settings{"topicReplicationFactor": "3"}), nil,
			[]string{"check topicPartitions and topicReplicationFactor", "Invalid Replication Factor"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			topic := "t-" + uuid.NewString()
			allowTopic(t, client, topic, test.allowed...)
			n, err := write(guarded(t), test.settings.with(settings{"topic": topic}), numbered(3)...)
			is.Equal(n, 0)
			is.True(err != nil)
			t.Log(err)
			for _, want := range append(test.want, `find topic "`+topic+`"`) {
				expect.Error(t, err, want)
			}
		})
	}
}

func TestALoginThatMayCreateTopics(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	cluster, client := strictKafka(t)
	topic := "t-" + uuid.NewString()
	allowTopic(t, client, topic, kmsg.ACLOperationWrite, kmsg.ACLOperationDescribe, kmsg.ACLOperationCreate)
	n, err := write(guarded(t), settings{
		"servers": list(cluster.SASLPlaintext()), "saslUsername": broker.User, "saslPassword": broker.Password, "topic": topic,
	}, numbered(3)...)
	is.NoErr(err)
	is.Equal(n, 3)
}

// allowTopic allows the user operations on a topic, and waits until brokers know.
func allowTopic(t *testing.T, client *kclient.Client, topic string, operations ...kmsg.ACLOperation) {
	t.Helper()
	is := is.New(t)
	if len(operations) == 0 {
		return
	}
	allow(guarded(t), t, client, kmsg.ACLResourceTypeTopic, topic, operations...)
	known := kmsg.NewPtrDescribeACLsRequest()
	known.ResourceType, known.ResourceName, known.ResourcePatternType = kmsg.ACLResourceTypeTopic, &topic, kmsg.ACLResourcePatternTypeLiteral
	known.Operation, known.PermissionType = kmsg.ACLOperationAny, kmsg.ACLPermissionTypeAny
	for ctx := guarded(t); ; time.Sleep(20 * time.Millisecond) { // until the broker has heard of it
		res, err := known.RequestWith(ctx, client.Raw())
		is.NoErr(err)
		if len(res.Resources) == 1 && len(res.Resources[0].ACLs) == len(operations) {
			return
		}
	}
}
