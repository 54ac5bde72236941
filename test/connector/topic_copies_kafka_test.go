package connector_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// running copies from a source to a destination, as Conduit does, until the test ends. What
// ends it sooner is an error of the test.
func running(ctx context.Context, t *testing.T, source, destination settings) {
	t.Helper()
	is := is.New(t)
	src, err := openSource(ctx, source, nil)
	is.NoErr(err)
	dst, err := openDestination(ctx, destination)
	is.NoErr(err)
	reading, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		for {
			records, err := src.ReadN(reading, 1)
			if err == nil {
				_, err = dst.Write(ctx, records)
			}
			for _, r := range records {
				if err == nil {
					err = src.Ack(ctx, r.Position)
				}
			}
			if err != nil {
				done <- err
				return
			}
		}
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; reading.Err() == nil || ctx.Err() != nil {
			t.Error(err)
		}
		is.NoErr(src.Teardown(context.WithoutCancel(ctx)))
		is.NoErr(dst.Teardown(context.WithoutCancel(ctx)))
	})
}

// Partitions and configuration of a topic arrive with its first record, and what is changed
// while the copy runs arrives, too.
func TestCopiesFollowTheTopicsOfTheSource(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	cluster, client, _ := realKafka(t, 1)
	ctx := guarded(t)
	from := "t-" + uuid.NewString()
	is.NoErr(client.CreateTopic(ctx, from, 2, map[string]string{"cleanup.policy": "compact,delete", "retention.ms": "3600000", "min.insync.replicas": "1", "segment.bytes": "20971520"}))
	to := "copy." + from
	servers := settings{"servers": list(cluster.Servers()), "copyTopicConfigs": "true"}
	running(ctx, t, servers.with(settings{"topics": from, "readFromBeginning": "true", "groupID": "g-" + from}),
		servers.with(copying).with(settings{"topic": `copy.{{ index .Metadata "opencdc.collection" }}`, "topicConfigs": "segment.bytes=31457280"}))
	send := func(partition int32) {
		producer, err := kclient.New(cluster.Servers()) // which knows all partitions
		is.NoErr(err)
		defer producer.Close()
		is.NoErr(producer.Produce(ctx, &kgo.Record{Topic: from, Partition: partition, Key: []byte("k"), Value: []byte("v")}))
	}
	send(1)
	awaitRecords(t, client, to, 1)
	is.Equal(partitionsOf(t, client, to), 2)
	names := []string{"cleanup.policy", "min.insync.replicas", "retention.ms", "segment.bytes"}
	want := configsOf(ctx, t, client, freshTopic(t, client, 1), names...) // the brokers' defaults
	want["cleanup.policy"], want["retention.ms"], want["segment.bytes"] = "compact,delete", "3600000", "31457280"
	is.Equal(configsOf(ctx, t, client, to, names...), want)

	is.NoErr(client.SetConfig(ctx, from, "retention.ms", "7200000"))
	is.NoErr(client.AddPartitions(ctx, from, 5))
	send(4)
	awaitRecords(t, client, to, 2)
	is.Equal(partitionsOf(t, client, to), 5) // the partitioner, metadata, needs them
	want["retention.ms"] = "7200000"
	is.Equal(configsOf(ctx, t, client, to, names...), want)
}

// A name of configuration that only one vendor has does not hold up the copy.
func TestCopiesLeaveOutWhatTheBrokersRefuse(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	cluster, client, topic := realKafka(t, 1)
	var log sides.Log
	ctx := sides.Guarded(t, zerolog.New(&log))
	record := numbered(1)[0]
	record.Position = kafka.Position{GroupID: "g", Topic: "orders"}.Encode()
	record.Metadata = map[string]string{kafka.MetadataTopicConfigs: `{"topic":"orders","partitions":3,"configs":{"confluent.placement.constraints":"x","retention.ms":"1234567"}}`}
	for _, to := range []string{topic, "t-" + uuid.NewString()} { // one that exists, and one that does not
		_, err := write(ctx, settings{"servers": list(cluster.Servers()), "topic": to, "copyTopicConfigs": "true"}, record)
		is.NoErr(err)
		is.Equal(partitionsOf(t, client, to), 3)
		is.Equal(configsOf(ctx, t, client, to, "retention.ms"), map[string]string{"retention.ms": "1234567"})
	}
	is.Equal(log.Count("brokers refuse the source's confluent.placement.constraints"), 2)
}

func TestCopyTopicConfigsSaysWhichRightIsMissing(t *testing.T) {
	t.Parallel()
	const describingConfigs, altering, alteringConfigs = kmsg.ACLOperationDescribeConfigs, kmsg.ACLOperationAlter, kmsg.ACLOperationAlterConfigs
	is := is.New(t)
	l := newLogin(t)
	var log sides.Log
	ctx := sides.Guarded(t, zerolog.New(&log))
	is.NoErr(l.client.CreateTopic(ctx, l.topic, 1, map[string]string{"retention.ms": "3600000"}))
	l.allow(onTopic(reading), onGroup(reading), onTopic(writing))
	on := settings{"copyTopicConfigs": "true"}
	_, err := openSource(ctx, l.source().with(on), nil)
	expect.Error(t, err, append(l.missing("DescribeConfigs", "topic"), "copyTopicConfigs")...)
	awaitFailures(ctx, t, func() []kafka.CheckResult { return kafka.CheckSource(ctx, l.source().with(on)) }, "DescribeConfigs "+l.topic)
	awaitFailures(ctx, t, func() []kafka.CheckResult { return kafka.CheckDestination(ctx, l.destination().with(on)) }, "Alter "+l.topic, "AlterConfigs "+l.topic)

	record := numbered(1)[0]
	record.Position = kafka.Position{GroupID: "g", Topic: "orders"}.Encode()
	record.Metadata = map[string]string{kafka.MetadataTopicConfigs: `{"topic":"orders","partitions":2,"configs":{"retention.ms":"1234567"}}`}
	_, err = write(ctx, l.destination().with(on), record)
	is.NoErr(err) // the record is written
	for _, words := range slices.Concat(l.missing("Alter", "topic"), l.missing("AlterConfigs", "topic")) {
		expect.Text(t, strings.ReplaceAll(log.String(), `\`, ""), words) // JSON has quotes with a \
	}

	l.allow(onTopic(describingConfigs), onTopic(altering), onTopic(alteringConfigs))
	awaitFailures(ctx, t, func() []kafka.CheckResult { return kafka.CheckSource(ctx, l.source().with(on)) })
	awaitFailures(ctx, t, func() []kafka.CheckResult { return kafka.CheckDestination(ctx, l.destination().with(on)) })
	_, err = write(ctx, l.destination().with(on), record)
	is.NoErr(err)
	is.Equal(configsOf(ctx, t, l.client, l.topic, "retention.ms"), map[string]string{"retention.ms": "1234567"})
	is.Equal(partitionsOf(t, l.client, l.topic), 2)
	is.NoErr(useOnce(ctx, l, "read", on))
}
