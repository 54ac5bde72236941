package operations

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
)

// The walk-through of docs/operations.md: the pipeline is stopped, Kafka's own tool
// moves the group, the pipeline goes on from there.
func TestKafkasToolResetsTheOffsets(t *testing.T) {
	is := is.New(t)
	k := realKafka(t)
	topic := k.topic(2)
	k.produce(topic, 2, 0, 20)
	dir := t.TempDir()
	h := start(t, dir, copyToFile, k.variables(topic)...)
	settled := func(want int) []string {
		t.Helper()
		await(t, "records in the file", func() bool { return len(h.values("records.jsonl")) >= want })
		await(t, "commits", func() bool {
			return strings.Count(h.metrics("copy:from"), "conduit_kafka_lag_records{") == 2 && !lagging(h.metrics("copy:from"))
		})
		got := h.values("records.jsonl")
		is.Equal(len(got), want)
		return got
	}
	reset := func(topics string, where ...string) {
		t.Helper()
		h.post("/v1/pipelines/copy/stop")
		await(t, "group without members", func() bool {
			state, _, err := k.Group(t.Context(), topic)
			return err == nil && state == "Empty"
		})
		k.groups(append([]string{"--reset-offsets", "--group", topic, "--topic", topics}, where...)...)
		await(t, "start", func() bool { return h.post("/v1/pipelines/copy/start") == http.StatusOK })
	}
	settled(20)

	// Conduit has the position of the last record, and yet the group decides.
	reset(topic, "--to-earliest", "--execute")
	again := settled(40)[20:]
	slices.Sort(again)
	is.Equal(len(slices.Compact(again)), 20) // each once more

	// One partition only; and a dry run changes nothing.
	reset(topic+":1", "--to-offset", "7", "--dry-run")
	settled(40)
	reset(topic+":1", "--to-offset", "7", "--execute")
	is.Equal(settled(43)[40:], []string{"15", "17", "19"})

	// Forward, while Conduit is down: what lies between is left out.
	h.stop()
	k.produce(topic, 2, 20, 30)
	k.groups("--reset-offsets", "--group", topic, "--topic", topic, "--to-latest", "--execute")
	k.produce(topic, 2, 30, 32)
	h = start(t, dir, copyToFile, k.variables(topic)...)
	last := settled(45)[43:]
	slices.Sort(last)
	is.Equal(last, []string{"30", "31"})
	h.stop()
}

// lagging reports whether a partition has records that are not committed.
func lagging(metrics string) bool {
	for _, m := range lagOf.FindAllStringSubmatch(metrics, -1) {
		if m[2] != "0" {
			return true
		}
	}
	return false
}
