package operations

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"

	"github.com/matryer/is"
)

// gauge is the value of a metric of the connector copy:from, 0 while there is none.
func (h *host) gauge(name string) int {
	h.t.Helper()
	m := regexp.MustCompile(`(?m)^conduit_kafka_` + name + `\{[^}]*\} (\d+)$`).FindStringSubmatch(h.metrics("copy:from"))
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	is.New(h.t).NoErr(err)
	return n
}

// distinct counts the values that hosts have written.
func distinct(hosts ...*host) int {
	seen := map[string]bool{}
	for _, h := range hosts {
		for _, v := range h.values("records.jsonl") {
			seen[v] = true
		}
	}
	return len(seen)
}

// shared waits until each of some hosts has this many partitions.
func awaitPartitions(t *testing.T, each int, hosts ...*host) {
	t.Helper()
	await(t, fmt.Sprintf("%d partitions each", each), func() bool {
		for _, h := range hosts {
			if h.gauge("assigned_partitions") != each {
				return false
			}
		}
		return true
	})
}

func TestProcessesWithOneGroupIDShareThePartitions(t *testing.T) {
	is := is.New(t)
	k := realKafka(t)
	const partitions = 6
	topic := k.topic(partitions)
	var hosts []*host
	for range 3 {
		hosts = append(hosts, start(t, t.TempDir(), copyToFile, k.variables(topic)...))
	}
	awaitPartitions(t, 2, hosts...)
	k.produce(topic, partitions, 0, 600)
	await(t, "records in the files", func() bool { return distinct(hosts...) == 600 })
	total := 0
	for _, h := range hosts {
		is.True(len(h.values("records.jsonl")) > 0)
		total += len(h.values("records.jsonl"))
	}
	is.Equal(total, 600) // each once

	// One dies. The others take over what it had, and nothing is lost.
	hosts[0].kill()
	k.produce(topic, partitions, 600, 1200)
	awaitPartitions(t, 3, hosts[1:]...)
	await(t, "records in the files", func() bool { return distinct(hosts...) == 1200 })

	// One comes.
	late := start(t, t.TempDir(), copyToFile, k.variables(topic)...)
	awaitPartitions(t, 2, append(hosts[1:], late)...)
	k.produce(topic, partitions, 1200, 1800)
	await(t, "records in the files", func() bool { return distinct(append(hosts, late)...) == 1800 })
	for _, h := range append(hosts[1:], late) {
		h.stop()
	}
	committed, err := k.Committed(t.Context(), topic, topic)
	is.NoErr(err)
	for p := range int32(partitions) {
		is.Equal(committed[p], int64(300))
	}
}

// With static membership a process that is restarted gets its partitions back, and
// the others don't notice.
func TestARollingRestartCausesNoRebalance(t *testing.T) {
	is := is.New(t)
	k := realKafka(t)
	const partitions = 4
	topic := k.topic(partitions)
	dirs := []string{t.TempDir(), t.TempDir()}
	run := func(i int) *host {
		return start(t, dirs[i], copyToFile, append(k.variables(topic), fmt.Sprintf("POD_NAME=conduit-%d", i), "SESSION_TIMEOUT=2m")...)
	}
	hosts := []*host{run(0), run(1)}
	awaitPartitions(t, 2, hosts...)
	k.produce(topic, partitions, 0, 100)
	await(t, "records in the files", func() bool { return distinct(hosts...) == 100 })

	for i := range hosts {
		other := hosts[1-i]
		before := other.gauge("rebalances_total")
		hosts[i].stop()
		k.produce(topic, partitions, 100+100*i, 200+100*i)
		hosts[i] = run(i)
		awaitPartitions(t, 2, hosts...)
		await(t, "records in the files", func() bool { return distinct(hosts...) == 200+100*i })
		is.Equal(other.gauge("rebalances_total"), before)
	}
	total := 0
	for _, h := range hosts {
		total += len(h.values("records.jsonl"))
		h.stop()
	}
	is.Equal(total, 300) // each once
}
