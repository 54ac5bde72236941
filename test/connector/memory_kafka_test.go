package connector_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"
)

// What is fetched ahead counts by its size, so that large records, which nobody
// acknowledges for a while, don't fill the memory.
func TestMemoryIsBoundedHoweverLargeTheRecords(t *testing.T) {
	is := is.New(t)
	ctx := guarded(t)
	cluster, client, topic := realKafka(t, 6)
	const (
		count = 300
		size  = 900_000
		bound = 130 << 20
	)
	value := make([]byte, size)
	for from := 0; from < count; from += 30 {
		var records []*kgo.Record
		for i := range 30 {
			records = append(records, &kgo.Record{Topic: topic, Partition: int32((from + i) % 6), Value: value})
		}
		is.NoErr(client.Produce(ctx, records...))
	}

	src, err := openSource(ctx, settings{"servers": strings.Join(cluster.Servers(), ","), "topics": topic, "readFromBeginning": "true"}, nil)
	is.NoErr(err)
	defer func() { is.NoErr(src.Teardown(ctx)) }()
	time.Sleep(2 * time.Second) // nobody reads: it fetches ahead as far as it will
	var most uint64
	for read := 0; read < count; {
		records, err := src.ReadN(ctx, 1)
		is.NoErr(err)
		for _, r := range records {
			is.Equal(len(r.Payload.After.Bytes()), size)
		}
		read += len(records)
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapAlloc)
		runtime.KeepAlive(records)
	}
	t.Logf("%d MiB at most, of %d MiB read", most>>20, count*size>>20)
	is.True(most < bound)
}
