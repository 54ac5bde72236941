package produce

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

func TestMain(m *testing.M) { broker.Main(m) }

// Connections are cut in the middle of requests and of answers, so that the
// producer can't know what was written, again and again: each record is in the
// log once and in order.
func TestWritesOnceAndInOrderWhileConnectionsAreCut(t *testing.T) {
	is := is.New(t)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	kafka := broker.ForTest(t, broker.Options{Proxied: true})
	truth, err := kclient.New(kafka.Direct())
	is.NoErr(err)
	defer truth.Close()
	topic := "t-" + uuid.NewString()
	is.NoErr(truth.CreateTopic(ctx, topic, partitions, nil))

	client := cluster.New(kafka.Servers(), wire.Config{DialTimeout: 5 * time.Second, RequestTimeout: 5 * time.Second})
	defer client.Close()
	p := New(client, Config{
		Acks: AcksAll, DeliveryTimeout: 30 * time.Second, RequestTimeout: 5 * time.Second,
		BatchBytes: 5000, Warn: func(string, error) {},
	})

	stop := kafka.Proxy(1).CutAtRandom(10_000)
	const rounds, size = 100, 300
	sent := 0
	for range rounds {
		batch := make([]message.Message, size)
		for i := range batch {
			batch[i] = message.Message{Topic: topic, Partition: int32(i % partitions), Record: recordbatch.Record{Value: fmt.Append(nil, sent+i)}}
		}
		n, err := p.Send(ctx, batch)
		is.NoErr(err)
		is.Equal(n, size)
		sent += size
	}
	cuts := stop()
	t.Logf("%d records, %d cuts", sent, cuts)
	is.True(cuts > 10)

	records, err := truth.Consume(ctx, topic)
	is.NoErr(err)
	is.Equal(len(records), sent)
	next := map[int32]int{0: 0, 1: 1, 2: 2}
	for _, r := range records {
		is.Equal(string(r.Value), fmt.Sprint(next[r.Partition])) // once, and in order
		next[r.Partition] += partitions
	}
}
