package connector_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

// toolLag is what Kafka's consumer group tool says of a group, by partition.
func toolLag(t *testing.T, c *broker.Cluster, group, topic string) map[string]string {
	t.Helper()
	is := is.New(t)
	out, err := c.Tool(guarded(t), "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
		"--bootstrap-server", list(c.Direct()), "--describe", "--group", group)
	is.NoErr(err)
	lag := make(map[string]string)
	column := -1
	for _, line := range strings.Split(out, "\n") {
		fields := strings.Fields(line)
		for i, f := range fields {
			if f == "LAG" {
				column = i
			}
		}
		if len(fields) > column && column >= 0 && fields[1] == topic {
			lag[fields[2]] = fields[column]
		}
	}
	return lag
}

func TestTheLagIsThatOfKafkasTool(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	cluster, client, topic := realKafka(t, 3)
	s := settings{"servers": list(cluster.Servers())}
	n, err := write(guarded(t), s.with(settings{"topic": topic}), numbered(300)...)
	is.NoErr(err)
	is.Equal(n, 300)

	ctx := named(t, guarded(t), "lagging")
	src, err := openSource(ctx, s.with(settings{"topics": topic, "groupID": topic, "readFromBeginning": "true", "commitOffsetsDelay": "50ms"}), nil)
	is.NoErr(err)
	records, err := read(ctx, src, 300)
	is.NoErr(err)
	for i, r := range records {
		if i%3 == 0 && i > 30 {
			break // the others are never acknowledged
		}
		is.NoErr(src.Ack(ctx, r.Position))
	}
	_, err = write(guarded(t), s.with(settings{"topic": topic}), numbered(90)...) // not read
	is.NoErr(err)
	is.NoErr(client.ProduceAborted(ctx, &kgo.Record{Topic: topic, Partition: 1, Value: []byte("aborted")})) // takes offsets too

	for {
		is.NoErr(ctx.Err())
		ours, theirs := map[string]string{}, toolLag(t, cluster, topic, topic)
		for name, v := range metricsOf(t, "lagging") {
			var p int
			if _, err := fmt.Sscanf(name, "lag_records{partition=%d,topic=", &p); err == nil {
				ours[fmt.Sprint(p)] = fmt.Sprint(v)
			}
		}
		t.Log("the connector says", ours, "and Kafka's tool", theirs)
		if len(theirs) == 3 && fmt.Sprint(ours) == fmt.Sprint(theirs) && theirs["0"] != "0" {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	is.NoErr(src.Teardown(ctx))
}
