package kafka

import (
	"testing"
	"time"

	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/produce"
)

// What counting adds to a batch of a thousand records, which takes about 100 µs
// without.

func BenchmarkMetricsOfARead(b *testing.B) {
	m, err := startCounting(metricsKey{b.Name(), sourceSide})
	if err != nil {
		b.Fatal(err)
	}
	defer m.close()
	c := consumer.Config{}
	m.ofConsumer(&c)
	hooks, read := m.ofConnections(), batches("t", 0, make([]int64, 1000)...)
	for b.Loop() {
		hooks.Answered(protocol.Fetch, time.Millisecond, nil)
		c.Fetch.Hooks.Fetched(100_000)
		m.read(read, nil)
	}
}

func BenchmarkMetricsOfAWrite(b *testing.B) {
	m, err := startCounting(metricsKey{b.Name(), destinationSide})
	if err != nil {
		b.Fatal(err)
	}
	defer m.close()
	c := produce.Config{}
	m.ofProducer(&c)
	hooks := m.ofConnections()
	for b.Loop() {
		hooks.Answered(protocol.Produce, time.Millisecond, nil)
		c.Hooks.Written(1000, 100_000)
		m.failed(nil)
	}
}
