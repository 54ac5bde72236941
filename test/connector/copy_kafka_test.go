package connector_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// copying are the settings of a destination that makes an exact copy.
var copying = settings{"value.format": "payload", "partitioner": "metadata", "timestamp": "createdAt"}

const copiedPartitions = 6

// A copy from topic to topic has the same records: keys, values and headers byte
// for byte, null apart from empty, headers in their order, timestamps, and all of it
// in the same partitions and order.
func TestACopyOfATopicIsTheSame(t *testing.T) {
	t.Parallel()
	cluster, client, _ := realKafka(t, 1)
	const total = 100_000
	from := randomTopic(t, client, total, "a", "b", "b", "trace", "a[0]", "", "\xff", "kafka.headers")
	want := consume(t, client, from)
	is.New(t).Equal(len(want), total)
	for name, s := range map[string]settings{
		"not compressed": {"compression": "none"},
		"compressed":     {"compression": "zstd", "compressionLevel": "3", "batchBytes": "50000"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			to := lastingTopic(t, client)
			servers := settings{"servers": list(cluster.Servers())}
			is.NoErr(copyTopic(t.Context(), servers.with(settings{"topics": from, "readFromBeginning": "true"}),
				servers.with(copying).with(s).with(settings{"topic": to}), total))
			sameRecords(t, consume(t, client, to), want)
		})
	}
}

// randomTopic makes a topic with random records: of any bytes, with and without
// keys, values and headers, these having the given names.
func randomTopic(t *testing.T, client *kclient.Client, n int, headers ...string) string {
	t.Helper()
	topic := lastingTopic(t, client)
	rnd := rand.New(rand.NewSource(time.Now().UnixNano()))
	records := make([]*kgo.Record, n)
	for i := range records {
		r := &kgo.Record{
			Topic: topic, Partition: rnd.Int31n(copiedPartitions), Timestamp: time.UnixMilli(rnd.Int63n(time.Now().UnixMilli())),
			Key: randomBytes(rnd, 30), Value: randomBytes(rnd, 200),
		}
		for range rnd.Intn(1 + rnd.Intn(5)) {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: headers[rnd.Intn(len(headers))], Value: randomBytes(rnd, 20)})
		}
		records[i] = r
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*guard) // there are many
	defer cancel()
	is.New(t).NoErr(client.Produce(ctx, records...))
	return topic
}

// lastingTopic makes a topic that keeps records of any age.
func lastingTopic(t *testing.T, client *kclient.Client) string {
	t.Helper()
	topic := "t-" + uuid.NewString()
	is.New(t).NoErr(client.CreateTopic(guarded(t), topic, copiedPartitions, map[string]string{"retention.ms": "-1"}))
	return topic
}

func randomBytes(rnd *rand.Rand, most int) []byte {
	switch rnd.Intn(6) {
	case 0:
		return nil
	case 1:
		return []byte{}
	case 2:
		return []byte("text")
	}
	b := make([]byte, rnd.Intn(most))
	rnd.Read(b)
	return b
}

// copyTopic reads count records from a source, writes them to a destination and
// acknowledges them, as Conduit does.
func copyTopic(ctx context.Context, source, destination settings, total int) error {
	ctx, cancel := context.WithTimeout(ctx, 3*guard)
	defer cancel()
	src, err := openSource(ctx, source.with(settings{"groupID": uuid.NewString()}), nil)
	if err != nil {
		return err
	}
	dst, err := openDestination(ctx, destination)
	if err != nil {
		return err
	}
	for copied := 0; copied < total; {
		records, err := src.ReadN(ctx, 1)
		if err != nil {
			return fmt.Errorf("after %d records: %w", copied, err)
		}
		for i := range records {
			records[i] = records[i].Clone()
		}
		if _, err := dst.Write(ctx, records); err != nil {
			return fmt.Errorf("after %d records: %w", copied, err)
		}
		for _, r := range records {
			if err := src.Ack(ctx, r.Position); err != nil {
				return err
			}
		}
		copied += len(records)
	}
	if err := src.Teardown(ctx); err != nil {
		return err
	}
	return dst.Teardown(ctx)
}

// sameRecords compares what consume returned of two topics, but for the offsets.
func sameRecords(t *testing.T, got, want []*kgo.Record) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d records, of %d", len(got), len(want))
	}
	same := func(a, b []byte) bool { return bytes.Equal(a, b) && (a == nil) == (b == nil) }
	for i, g := range got {
		w := want[i]
		ok := g.Partition == w.Partition && g.Timestamp.Equal(w.Timestamp) && same(g.Key, w.Key) && same(g.Value, w.Value) && len(g.Headers) == len(w.Headers)
		for h := 0; ok && h < len(w.Headers); h++ {
			ok = g.Headers[h].Key == w.Headers[h].Key && same(g.Headers[h].Value, w.Headers[h].Value)
		}
		if !ok {
			t.Fatalf("partition %d at offset %d: got %q %q %q %s, want %q %q %q %s", g.Partition, g.Offset,
				g.Key, g.Value, g.Headers, g.Timestamp, w.Key, w.Value, w.Headers, w.Timestamp)
		}
	}
}
