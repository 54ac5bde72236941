package connector_test

import (
	"fmt"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/google/uuid"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	kafka "github.com/conduitio/conduit-connector-kafka"
)

// publishedSource and publishedDestination have each parameter that the README
// of the published connector, v0.12.5, lists, with its default where it has one.
func publishedSource(servers, topic string) settings {
	return settings{
		"servers": servers, "topics": topic,
		"caCert": "", "clientCert": "", "clientID": "conduit-connector-kafka", "clientKey": "",
		"commitOffsetsDelay": "5s", "commitOffsetsSize": "1000", "groupID": "", "insecureSkipVerify": "false",
		"readFromBeginning": "true", "retryGroupJoinErrors": "true",
		"saslMechanism": "", "saslPassword": "", "saslUsername": "", "tls.enabled": "false",
		"sdk.batch.delay": "0", "sdk.batch.size": "0",
		"sdk.schema.context.enabled": "true", "sdk.schema.context.name": "",
		"sdk.schema.extract.key.enabled": "false", "sdk.schema.extract.key.subject": "key",
		"sdk.schema.extract.payload.enabled": "false", "sdk.schema.extract.payload.subject": "payload",
		"sdk.schema.extract.type": "avro",
	}
}

func publishedDestination(servers string) settings {
	return settings{
		"servers": servers, "acks": "all", "batchBytes": "1000012",
		"caCert": "", "clientCert": "", "clientID": "conduit-connector-kafka", "clientKey": "",
		"compression": "snappy", "deliveryTimeout": "0s", "insecureSkipVerify": "false",
		"saslMechanism": "", "saslPassword": "", "saslUsername": "", "tls.enabled": "false",
		"topic":           `{{ index .Metadata "opencdc.collection" }}`,
		"sdk.batch.delay": "0", "sdk.batch.size": "0", "sdk.rate.burst": "0", "sdk.rate.perSecond": "0",
		"sdk.record.format": "opencdc/json", "sdk.record.format.options": "",
		"sdk.schema.extract.key.enabled": "true", "sdk.schema.extract.payload.enabled": "true",
	}
}

func TestRunsWithAllSettingsOfThePublishedConnector(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	cluster, _, topic := realKafka(t, 2)
	records := numbered(10)
	for i := range records {
		records[i].Metadata = opencdc.Metadata{opencdc.MetadataCollection: topic}
	}
	n, err := write(ctx, publishedDestination(list(cluster.Servers())), records...)
	is.NoErr(err)
	is.Equal(n, 10)

	src, err := openSource(ctx, publishedSource(list(cluster.Servers()), topic), nil)
	is.NoErr(err)
	got, err := read(ctx, src, 10)
	is.NoErr(err)
	is.Equal(len(got), 10)
	is.Equal(got[0].Metadata[opencdc.MetadataCollection], topic)
	is.NoErr(src.Teardown(ctx))
}

// The published connector saves {"GroupID", "Topic", "Partition", "Offset"} and
// commits through franz-go, up to five seconds later. Here it was killed between
// the two: the position is ahead of the commit.
func TestResumesAPositionOfThePublishedConnector(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	cluster, client, topic := realKafka(t, 1)
	var records []*kgo.Record
	for i := range 10 {
		records = append(records, &kgo.Record{Topic: topic, Value: fmt.Append(nil, i)})
	}
	is.NoErr(client.Produce(ctx, records...))
	group := uuid.NewString()
	commitAs(t, list(cluster.Servers()), group, topic, 3)

	position := opencdc.Position(fmt.Sprintf(`{"GroupID":%q,"Topic":%q,"Partition":0,"Offset":5}`, group, topic))
	src, err := openSource(ctx, publishedSource(list(cluster.Servers()), topic), position)
	is.NoErr(err)
	got, err := read(ctx, src, 4)
	is.NoErr(err)
	is.Equal(offsetOf(t, got[0]), int64(6)) // after the last acknowledged record
	is.Equal(len(got), 4)
	is.NoErr(src.Teardown(ctx))
}

// The plugin of 2022 had these settings and no others.
func TestRunsWithAllSettingsOfThePluginOf2022(t *testing.T) {
	t.Parallel()
	for _, acks := range []string{"0", "1", "all"} {
		t.Run("acks "+acks, func(t *testing.T) {
			is := is.New(t)
			ctx := guarded(t)
			cluster, _, topic := realKafka(t, 1)
			n, err := write(ctx, settings{
				"servers": list(cluster.Servers()), "topic": topic, "acks": acks, "deliveryTimeout": "10s", "securityProtocol": "PLAINTEXT",
			}, numbered(10)...)
			is.NoErr(err)
			is.Equal(n, 10)

			source := settings{"servers": list(cluster.Servers()), "topic": topic, "readFromBeginning": "true", "securityProtocol": "PLAINTEXT"}
			src, err := openSource(ctx, source, nil)
			is.NoErr(err)
			got, err := read(ctx, src, 10)
			is.NoErr(err)
			for _, r := range got[:4] {
				is.NoErr(src.Ack(ctx, r.Position))
			}
			is.NoErr(src.Teardown(ctx))

			// It saved the ID of the group as the position.
			first, err := kafka.ParsePosition(got[0].Position)
			is.NoErr(err)
			src, err = openSource(ctx, source, opencdc.Position(first.GroupID))
			is.NoErr(err)
			got, err = read(ctx, src, 1)
			is.NoErr(err)
			is.Equal(offsetOf(t, got[0]), int64(4))
			is.NoErr(src.Teardown(ctx))
		})
	}
}

// What somebody reset with Kafka's own tool is read again, position or not.
func TestAResetOfTheGroupCountsMoreThanThePosition(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	cluster, client, topic := realKafka(t, 1)
	is.NoErr(client.Produce(ctx, &kgo.Record{Topic: topic}, &kgo.Record{Topic: topic}, &kgo.Record{Topic: topic}))
	group := uuid.NewString()
	commitAs(t, list(cluster.Servers()), group, topic, 3)
	out, err := cluster.Tool(ctx, "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
		"--bootstrap-server", list(cluster.Servers()), "--group", group, "--topic", topic, "--reset-offsets", "--to-earliest", "--execute")
	t.Log(out)
	is.NoErr(err)

	position := opencdc.Position(fmt.Sprintf(`{"groupID":%q,"topic":%q,"partition":0,"offset":2}`, group, topic))
	src, err := openSource(ctx, settings{"servers": list(cluster.Servers()), "topics": topic}, position)
	is.NoErr(err)
	got, err := read(ctx, src, 3)
	is.NoErr(err)
	is.Equal(offsetOf(t, got[0]), int64(0))
	is.NoErr(src.Teardown(ctx))
}

// commitAs joins a group with franz-go, commits an offset of partition 0 and
// leaves.
func commitAs(t *testing.T, servers, group, topic string, offset int64) {
	t.Helper()
	is := is.New(t)
	ctx := guarded(t)
	cl, err := kgo.NewClient(kgo.SeedBrokers(servers), kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit())
	is.NoErr(err)
	defer cl.Close()
	is.NoErr(cl.PollFetches(ctx).Err())
	is.NoErr(cl.CommitRecords(ctx, &kgo.Record{Topic: topic, Offset: offset - 1, LeaderEpoch: -1}))
}
