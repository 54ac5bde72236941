package versions_test

import (
	"fmt"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"
)

// transactions are committed and aborted, beside records without one. A source reads
// those that were committed, or all.
func transactions(t *testing.T, c cluster) {
	is, ctx := is.New(t), guarded(t)
	topic, source, _ := c.topic(t)
	const each, rounds = 20, 3
	records := func(kind string, round int) []*kgo.Record {
		var out []*kgo.Record
		for i := range each {
			out = append(out, &kgo.Record{Topic: topic, Partition: int32(i % partitions), Value: fmt.Append(nil, kind, round, "-", i)})
		}
		return out
	}
	want := map[string]map[string]int{"read_committed": {}, "read_uncommitted": {}}
	for round := range rounds {
		plain, committed, aborted := records("plain", round), records("committed", round), records("aborted", round)
		is.NoErr(c.client.Produce(ctx, plain...))
		is.NoErr(c.client.ProduceCommitted(ctx, committed...))
		is.NoErr(c.client.ProduceAborted(ctx, aborted...))
		for i := range each {
			for _, r := range []*kgo.Record{plain[i], committed[i]} {
				want["read_committed"][string(r.Value)] = 1
				want["read_uncommitted"][string(r.Value)] = 1
			}
			want["read_uncommitted"][string(aborted[i].Value)] = 1
		}
	}
	// what comes after an aborted transaction
	is.NoErr(c.client.Produce(ctx, records("last", 0)...))
	for level, values := range want {
		for i := range each {
			values[fmt.Sprint("last", 0, "-", i)] = 1
		}
		src, err := openSource(ctx, source.with(settings{"isolationLevel": level}), nil)
		is.NoErr(err)
		got := make(map[string]int)
		read, err := read(ctx, src, len(values))
		is.NoErr(err)
		is.NoErr(src.Teardown(ctx))
		for _, r := range read {
			got[string(r.Payload.After.Bytes())]++
		}
		is.Equal(got, values)
	}
}
