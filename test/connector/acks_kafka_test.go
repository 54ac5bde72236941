package connector_test

import (
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"
)

func TestWritesWithEachKindOfAcks(t *testing.T) {
	t.Parallel()
	cluster, client, _ := realKafka(t, 1)
	for _, acks := range []string{"none", "one", "all", "0", "1", "-1"} {
		t.Run(acks, func(t *testing.T) {
			is := is.New(t)
			ctx := guarded(t)
			topic := freshTopic(t, client, 3)
			// A leader refuses records while it doesn't know yet that it is one, and
			// without acks nobody hears of it.
			for p := range int32(3) {
				is.NoErr(client.Produce(ctx, &kgo.Record{Topic: topic, Partition: p}))
			}
			const total = 3000
			n, err := write(ctx, settings{"servers": list(cluster.Servers()), "topic": topic, "acks": acks}, numbered(total)...)
			is.NoErr(err)
			is.Equal(n, total)
			for countRecords(t, client, topic) < total+3 && ctx.Err() == nil { // without acks nobody waits for the broker
				time.Sleep(20 * time.Millisecond)
			}
			is.Equal(countRecords(t, client, topic), total+3)
		})
	}
}
