package connector_test

import (
	"encoding/json"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
)

// Three restarts, each with half of the records that were read unacknowledged:
// reading goes on from the first unacknowledged record of each partition.
func TestRestartsLoseNothingAndGoOnAtTheFirstUnacknowledgedRecord(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	cluster, client, topic := realKafka(t, 3)
	s := settings{"servers": list(cluster.Servers()), "topics": topic, "readFromBeginning": "true"}

	const total = 4000
	n, err := write(ctx, settings{"servers": s["servers"], "topic": topic}, numbered(total)...)
	is.NoErr(err)
	is.Equal(n, total)

	acked := map[string]int64{} // by partition: the next record to come
	done := 0
	var position opencdc.Position
	var group string
	for round := range 4 {
		src, err := openSource(ctx, s, position)
		is.NoErr(err)
		want := total - done
		records, err := read(ctx, src, want)
		is.NoErr(err)
		is.Equal(len(records), want) // neither lost nor read again

		first := map[string]bool{}
		for _, r := range records {
			p, offset := r.Metadata["kafka.partition"], offsetOf(t, r)
			if !first[p] {
				is.Equal(offset, acked[p]) // the first unacknowledged one
				first[p] = true
			}
		}
		half := len(records)
		if round < 3 {
			half /= 2
		}
		for _, r := range records[:half] {
			is.NoErr(src.Ack(ctx, r.Position))
			acked[r.Metadata["kafka.partition"]] = offsetOf(t, r) + 1
			position = r.Position
		}
		done += half
		is.NoErr(src.Teardown(ctx))
		group = groupOf(t, position)
	}
	committed, err := client.Committed(ctx, group, topic)
	is.NoErr(err)
	end, err := client.EndOffsets(ctx, topic)
	is.NoErr(err)
	is.Equal(committed, end) // all acknowledged, all committed
}

func offsetOf(t *testing.T, r opencdc.Record) int64 {
	t.Helper()
	var p struct{ Offset int64 }
	is.New(t).NoErr(json.Unmarshal(r.Position, &p))
	return p.Offset
}

func groupOf(t *testing.T, p opencdc.Position) string {
	t.Helper()
	var v struct{ GroupID string }
	is.New(t).NoErr(json.Unmarshal(p, &v))
	return v.GroupID
}
