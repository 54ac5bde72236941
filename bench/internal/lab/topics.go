package lab

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/payload"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

// fill is what the records of a topic have in common.
type fill struct {
	size, partitions int
	codec            string
}

type filledTopic struct {
	name    string
	records int64
}

// maxBatch is the size of record batches, before compression; a larger record is
// a batch of its own.
const maxBatch = 1_000_012

// NewName returns a name for a topic or a group that no other has.
func NewName(what string) string {
	return "bench-" + what + "-" + strings.ToLower(rand.Text()[:8])
}

// Fresh creates an empty topic that takes records of a cell.
func (l *Lab) Fresh(ctx context.Context, c result.Cell) (string, error) {
	const kafkasDefault = 1<<20 + 12
	configs := map[string]string{"max.message.bytes": strconv.Itoa(max(kafkasDefault, 2*c.Size))}
	name := NewName("topic")
	return name, l.create(ctx, name, c.Partitions, configs)
}

// create creates a topic, which Close deletes, and waits until it can be written to.
func (l *Lab) create(ctx context.Context, name string, partitions int, configs map[string]string) error {
	if err := l.client.CreateTopic(ctx, name, int32(partitions), configs); err != nil {
		return err
	}
	l.topics = append(l.topics, name)
	return l.awaitLogs(ctx, name)
}

// awaitLogs waits until the leaders have opened the partitions, which they do a
// little after they are known as leaders. franz-go would wait for five seconds
// if it came in between.
func (l *Lab) awaitLogs(ctx context.Context, topic string) error {
	for {
		_, err := l.EndOffset(ctx, topic)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", topic, errors.Join(err, ctx.Err()))
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Delete deletes a topic.
func (l *Lab) Delete(ctx context.Context, topic string) error {
	l.topics = slices.DeleteFunc(l.topics, func(t string) bool { return t == topic })
	return l.client.DeleteTopic(ctx, topic)
}

// Filled returns a topic with at least a cell's records. It is filled once for
// all cells that differ in the number only.
func (l *Lab) Filled(ctx context.Context, c result.Cell) (string, error) {
	f := fill{size: c.Size, partitions: c.Partitions, codec: c.Codec}
	t, ok := l.filled[f]
	if !ok {
		var err error
		if t.name, err = l.Fresh(ctx, c); err != nil {
			return "", err
		}
	}
	if missing := c.Records - t.records; missing > 0 {
		if err := l.produce(ctx, t.name, f, missing); err != nil {
			return "", fmt.Errorf("fill %s: %w", t.name, err)
		}
		t.records = c.Records
		l.filled[f] = t
	}
	has, err := l.EndOffset(ctx, t.name)
	if err == nil && has != t.records {
		err = fmt.Errorf("fill %s: it has %d records, not %d", t.name, has, t.records)
	}
	return t.name, err
}

// produce writes records in batches as large as they may be.
func (l *Lab) produce(ctx context.Context, topic string, f fill, count int64) error {
	codec, ok := map[string]kgo.CompressionCodec{
		"none":   kgo.NoCompression(),
		"snappy": kgo.SnappyCompression(),
		"lz4":    kgo.Lz4Compression(),
		"zstd":   kgo.ZstdCompression(),
	}[f.codec]
	if !ok {
		return fmt.Errorf("codec: %q is unknown", f.codec)
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(l.Servers...),
		kgo.DefaultProduceTopic(topic),
		kgo.ProducerBatchCompression(codec),
		kgo.ProducerBatchMaxBytes(int32(max(maxBatch, f.size+f.size/10))),
		kgo.ProducerLinger(20*time.Millisecond),
		kgo.MaxBufferedRecords(100_000),
		kgo.MaxBufferedBytes(64<<20),
	)
	if err != nil {
		return fmt.Errorf("make client: %w", err)
	}
	defer client.Close()

	keys, values := readyRecords(f.size)
	first := kgo.AbortingFirstErrPromise(client)
	for i := range count {
		n := int(i) % len(values)
		client.Produce(ctx, &kgo.Record{Key: keys[n], Value: values[n]}, first.Promise())
	}
	if err := client.Flush(ctx); err != nil {
		return err
	}
	return first.Err()
}

// readyRecords are different keys and values, a few megabytes of them.
func readyRecords(size int) (keys, values [][]byte) {
	for i := range min(max(8, (8<<20)/size), 10_000) {
		keys, values = append(keys, payload.Key(i)), append(values, payload.Value(i, size))
	}
	return keys, values
}
