package connector_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/google/uuid"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"
)

// A pipeline ends at any moment between a write and its acknowledgement, and begins again
// from a position that it stored some writes ago: consumers see each record once.
func TestExactlyOnceFromTopicToTopic(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	cluster, client, _ := realKafka(t, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 3*guard)
	defer cancel()
	from, to := lastingTopic(t, client), lastingTopic(t, client)
	const total, runs = 20_000, 10
	records := make([]*kgo.Record, total)
	for i := range records {
		records[i] = &kgo.Record{Topic: from, Partition: int32(i % copiedPartitions), Value: fmt.Append(nil, i)}
	}
	is.NoErr(client.Produce(ctx, records...))

	servers := settings{"servers": list(cluster.Servers())}
	source := servers.with(settings{"topics": from, "readFromBeginning": "true", "groupID": uuid.NewString()})
	destination := servers.with(copying).with(settings{"topic": to, "exactlyOnce": "true", "transactionalID": uuid.NewString()})
	var stored opencdc.Position
	written := make(map[string]bool)
	for run := 1; len(written) < total; run++ {
		src, err := openSource(ctx, source, stored)
		is.NoErr(err)
		dst, err := openDestination(ctx, destination)
		is.NoErr(err)
		var unstored []opencdc.Position
		for i := 0; len(written) < total && (run > runs || i < run); i++ {
			batch, err := src.ReadN(ctx, 1)
			is.NoErr(err)
			for i := range batch {
				batch[i] = batch[i].Clone()
			}
			n, err := dst.Write(ctx, batch)
			is.NoErr(err)
			is.Equal(n, len(batch))
			for _, r := range batch {
				written[string(r.Payload.After.Bytes())] = true
				unstored = append(unstored, r.Position)
			}
			if i%3 == 0 { // Conduit acknowledges what it has stored
				for _, p := range unstored {
					is.NoErr(src.Ack(ctx, p))
					stored = p
				}
				unstored = nil
			}
		}
		is.NoErr(src.Teardown(ctx))
		is.NoErr(dst.Teardown(ctx))
	}
	got, err := client.ConsumeCommitted(ctx, to)
	is.NoErr(err)
	is.Equal(len(got), total)
	seen := make(map[string]int)
	for _, r := range got {
		seen[string(r.Value)]++
	}
	is.Equal(len(seen), total)
}
