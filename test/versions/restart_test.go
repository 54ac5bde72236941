package versions_test

import (
	"encoding/json"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
)

// restarts stops the source three times with half of what it read unacknowledged: it
// goes on from its stored position with what was not acknowledged, and nothing else.
func restarts(t *testing.T, c cluster) {
	is, ctx := is.New(t), guarded(t)
	topic, source, destination := c.topic(t)
	const total, rounds = 400, 4
	_, err := write(ctx, destination, numbered(0, total, partitions)...)
	is.NoErr(err)

	acked := make(map[string]int)
	done := 0
	var position opencdc.Position
	for round := range rounds {
		src, err := openSource(ctx, source, position)
		is.NoErr(err)
		records, err := read(ctx, src, total-done)
		is.NoErr(err)
		is.Equal(len(records), total-done)
		for number, n := range counts(t, records) {
			is.Equal(n, 1)
			is.Equal(acked[number], 0)
		}
		if round < rounds-1 {
			records = records[:len(records)/2]
		}
		for _, r := range records {
			is.NoErr(src.Ack(ctx, r.Position))
			position = r.Position
		}
		for number, n := range counts(t, records) {
			acked[number] += n
		}
		done += len(records)
		is.NoErr(src.Teardown(ctx))
	}
	is.Equal(done, total)

	var stored struct{ GroupID string }
	is.NoErr(json.Unmarshal(position, &stored))
	allCommitted(t, c, stored.GroupID, topic)
}

// allCommitted checks that a group has committed the end of each partition.
func allCommitted(t *testing.T, c cluster, group, topic string) {
	t.Helper()
	is, ctx := is.New(t), guarded(t)
	ends, err := c.client.EndOffsets(ctx, topic)
	is.NoErr(err)
	committed, err := c.client.Committed(ctx, group, topic)
	is.NoErr(err)
	is.Equal(committed, ends)
}
