package operations

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

var lagOf = regexp.MustCompile(`(?m)^conduit_kafka_lag_records\{.*partition="(\d+)".*\} (\d+)$`)

func TestConduitShowsTheMetrics(t *testing.T) {
	is := is.New(t)
	k := realKafka(t)
	topic := k.topic(3)
	k.produce(topic, 3, 0, 30)
	h := start(t, t.TempDir(), copyToFile, k.variables(topic)...)
	await(t, "records in the file", func() bool { return len(h.values("records.jsonl")) == 30 })
	await(t, "commits", func() bool {
		return strings.Contains(h.metrics("copy:from"), fmt.Sprintf(`conduit_kafka_lag_records{connector="copy:from",partition="2",topic=%q,type="source"} 0`, topic))
	})
	metrics := h.metrics("copy:from")
	t.Log(metrics)
	for _, line := range []string{
		`conduit_kafka_records_total{connector="copy:from",type="source"} 30`,
		`conduit_kafka_assigned_partitions{connector="copy:from",type="source"} 3`,
		`conduit_kafka_unacknowledged_records{connector="copy:from",type="source"} 0`,
		`conduit_kafka_request_duration_seconds_count{api="JoinGroup",connector="copy:from",type="source"}`,
	} {
		expect.Text(t, metrics, line)
	}

	// The lag is what Kafka's tool says.
	ours := map[string]string{}
	for _, m := range lagOf.FindAllStringSubmatch(metrics, -1) {
		ours[m[1]] = m[2]
	}
	theirs := map[string]string{}
	for line := range strings.Lines(k.groups("--describe", "--group", topic)) {
		if f := strings.Fields(line); len(f) > 5 && f[1] == topic {
			theirs[f[2]] = f[5]
		}
	}
	is.Equal(ours, theirs)
	is.Equal(len(ours), 3)
	h.stop()
}

// A plugin process has a registry of its own, which nobody serves; it counts into
// it all the same.
func TestAPluginProcessCountsForItself(t *testing.T) {
	is := is.New(t)
	k := realKafka(t)
	topic := k.topic(1)
	k.produce(topic, 1, 0, 10)
	h := start(t, t.TempDir(), copyToFile, append(k.variables(topic), "PLUGIN=standalone:kafka")...)
	await(t, "records in the file", func() bool { return len(h.values("records.jsonl")) == 10 })
	is.Equal(h.metrics("copy:from"), "")
	h.stop()
}
