package limits_test

import (
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// Memory that peaks falls again: what was read ahead, and the buffers of what was written
// at once.
func TestMemoryFallsAfterAPeak(t *testing.T) {
	is := is.New(t)
	ctx := guarded(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(12, "t", "little"))
	s := settings{"servers": fake.ListenAddrs()[0]}
	dst, err := sides.OpenDestination(ctx, s.with(settings{"topic": "{{ .Metadata.topic }}", "compression": "none"}))
	is.NoErr(err)
	send := func(topic string, n, size int) {
		value := strings.Repeat("x", size)
		records := numbered(n)
		for i := range records {
			records[i].Metadata = map[string]string{"topic": topic}
			records[i].Payload.After = opencdc.RawData(value)
		}
		_, err := dst.Write(ctx, records)
		is.NoErr(err)
	}
	src, err := sides.OpenSource(ctx, s.with(settings{"topics": "t,little", "readFromBeginning": "true", "groupID": "g"}), nil)
	is.NoErr(err)
	take := func(n int) {
		for n > 0 {
			records, err := src.ReadN(ctx, 10)
			is.NoErr(err)
			for _, r := range records {
				is.NoErr(src.Ack(ctx, r.Position))
			}
			n -= len(records)
		}
	}
	rest := func() vitals { // what little work leaves
		for range 20 {
			send("little", 10, 10)
			take(10)
		}
		return measure(t)
	}
	before := rest()
	const n, size = 60, 700_000
	send("t", n, size)
	take(n)
	peak := measure(t)
	after := rest()
	held := int64(n * size * 4 / 3) // in base64, by the embedded cluster, which forgets nothing
	t.Logf("before: %v; peak: %v; after: %v", before, peak, after)
	is.True(after.heap < before.heap+held+16<<20)
	is.NoErr(src.Teardown(ctx))
	is.NoErr(dst.Teardown(ctx))
}
