package fetch

import (
	"runtime"
	"testing"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Loops of brokers that lead nothing (any more) sleep while others bring records.
func TestIdleLoopsCostNothing(t *testing.T) {
	const batches = 2000
	alone, beside := allocations(t, 0, batches), allocations(t, 6, batches)
	t.Logf("%d allocations without idle loops, %d with 6", alone, beside)
	if beside > alone+alone/2 {
		t.Error("they wake")
	}
}

// allocations counts those of all goroutines while batches are put and taken.
func allocations(t *testing.T, idle int32, batches int) uint64 {
	t.Helper()
	client := cluster.New(nil, wire.Config{DialTimeout: time.Second, RequestTimeout: time.Second})
	f := newFetcher(client, Config{MaxWait: time.Second, MaxBytes: 1 << 20, MaxPartitionBytes: 1 << 20, MaxBuffered: 1 << 20})
	defer client.Close()
	defer f.Close()
	f.brokers[idle] = newBroker(idle) // whose loop is this test
	f.Add(starts(1000, 0, -1))
	for _, p := range f.parts {
		p.node = idle
		f.read(p)
	}
	p := f.parts[message.TopicPartition{Topic: topic, Partition: 0}]
	for node := range idle {
		f.brokers[node] = newBroker(node)
		f.wg.Add(1)
		go f.loop(f.brokers[node])
	}
	records := []recordbatch.Record{{Value: make([]byte, 100)}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range batches {
		b := message.Batch{Topic: topic, Records: records, Next: int64(i + 1)}
		if !f.put(fetched{asked: p.ask()}, b) {
			t.Fatal("not wanted")
		}
		if _, err := f.Next(t.Context(), 500); err != nil {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs
}
