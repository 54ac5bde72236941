package metrics

import (
	"testing"
	"time"

	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// What counting adds to a batch of a thousand records, which takes about 100 µs
// without.

func BenchmarkMetricsOfARead(b *testing.B) {
	m, err := start(key{b.Name(), Source})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	c := consumer.Config{}
	m.HookConsumer(&c)
	hooks, read := m.ConnectionHooks(), []message.Batch{{Topic: "t", Records: make([]recordbatch.Record, 1000)}}
	for b.Loop() {
		hooks.Answered(protocol.Fetch, time.Millisecond, nil)
		c.Fetch.Hooks.Fetched(100_000)
		m.Read(read, nil)
	}
}

func BenchmarkMetricsOfAWrite(b *testing.B) {
	m, err := start(key{b.Name(), Destination})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	c := produce.Config{}
	m.HookProducer(&c)
	hooks := m.ConnectionHooks()
	for b.Loop() {
		hooks.Answered(protocol.Produce, time.Millisecond, nil)
		c.Hooks.Written(1000, 100_000)
		m.Failed(nil)
	}
}
