package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/payload"
)

// franzReader is a bare poll loop: what is polled is marked, marks are committed
// every five seconds and at the end.
type franzReader struct{ client *kgo.Client }

func openFranzReader(o options, fromStart bool) (reader, error) {
	client, err := openFranzGroup(o, fromStart, kgo.AutoCommitMarks())
	if err != nil {
		return nil, err
	}
	return &franzReader{client}, nil
}

// openFranzGroup makes a member of a group that commits as the option says.
func openFranzGroup(o options, fromStart bool, commits kgo.Opt) (*kgo.Client, error) {
	start := kgo.NewOffset().AtEnd()
	if fromStart {
		start = kgo.NewOffset().AtStart()
	}
	isolation := kgo.FetchIsolationLevel(kgo.ReadUncommitted())
	if o.exactly {
		isolation = kgo.FetchIsolationLevel(kgo.ReadCommitted())
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(o.servers, ",")...),
		kgo.ConsumerGroup(o.group),
		kgo.ConsumeTopics(o.topic),
		kgo.ConsumeResetOffset(start),
		commits,
		isolation,
	)
	if err != nil {
		return nil, fmt.Errorf("open franz-go: %w", err)
	}
	return client, nil
}

func (f *franzReader) api() string { return "PollFetches" }

func (f *franzReader) next(ctx context.Context, _ int, visit func([]byte)) (int, int64, error) {
	for {
		fetches := f.client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return 0, 0, err
		}
		for _, e := range fetches.Errors() {
			return 0, 0, fmt.Errorf("fetch %s/%d: %w", e.Topic, e.Partition, e.Err)
		}
		n, size := 0, int64(0)
		fetches.EachPartition(func(p kgo.FetchTopicPartition) {
			for _, r := range p.Records {
				size += int64(len(r.Value))
				if visit != nil {
					visit(r.Value)
				}
			}
			f.client.MarkCommitRecords(p.Records...)
			n += len(p.Records)
		})
		if n > 0 {
			return n, size, nil
		}
	}
}

func (f *franzReader) ackRest(context.Context) error { return nil }

func (f *franzReader) close(ctx context.Context) error {
	err := f.client.CommitMarkedOffsets(ctx)
	f.client.Close()
	return err
}

// franzWriter writes each batch with one ProduceSync. It doesn't linger: the
// call waits for the batch anyway.
type franzWriter struct {
	client  *kgo.Client
	ready   [][]kgo.Record
	records []kgo.Record // of one call; sending changes them
	batch   []*kgo.Record
}

// franzMetadataAge is close to the least that franz-go allows.
const franzMetadataAge = 20 * time.Millisecond

func openFranzWriter(o options, batches, batch int) (writer, error) {
	codec, ok := map[string]kgo.CompressionCodec{
		"none":   kgo.NoCompression(),
		"snappy": kgo.SnappyCompression(),
		"lz4":    kgo.Lz4Compression(),
		"zstd":   kgo.ZstdCompression(),
	}[o.codec]
	if !ok {
		return nil, fmt.Errorf("codec: %q is unknown", o.codec)
	}
	opts := []kgo.Opt{
		kgo.SeedBrokers(strings.Split(o.servers, ",")...),
		kgo.DefaultProduceTopic(o.topic),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerBatchCompression(codec),
		kgo.ProducerLinger(0),
	}
	if o.exactly {
		// Where a broker has not ended the last transaction yet, franz-go tries again with the
		// next metadata, for which it would wait for five seconds.
		opts = append(opts, kgo.TransactionalID(o.topic), kgo.MetadataMinAge(franzMetadataAge))
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, fmt.Errorf("open franz-go: %w", err)
	}
	f := &franzWriter{client: client, ready: make([][]kgo.Record, batches), records: make([]kgo.Record, batch)}
	for b := range f.ready {
		f.ready[b] = make([]kgo.Record, batch)
		for i := range f.ready[b] {
			n := b*batch + i
			f.ready[b][i] = kgo.Record{Key: payload.Key(n), Value: payload.Value(n, o.size)}
		}
	}
	for i := range f.records {
		f.batch = append(f.batch, &f.records[i])
	}
	return f, nil
}

func (f *franzWriter) write(ctx context.Context, i int) error {
	copy(f.records, f.ready[i])
	return f.client.ProduceSync(ctx, f.batch...).FirstErr()
}

func (f *franzWriter) close(context.Context) error {
	f.client.Close()
	return nil
}
