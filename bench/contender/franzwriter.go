package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/twmb/franz-go/pkg/kgo"
)

// franzRecordWriter writes Conduit's records, as a destination with value.format=payload:
// it makes a message of each, and sends them with one ProduceSync.
type franzRecordWriter struct {
	franzWriter
	batches [][]opencdc.Record
	places  *places

	// Of transactions; empty if there are none.
	progressTopic string
	progress      *kgo.Record
	sent          []*kgo.Record // of one call, with progress
}

func openFranzRecordWriter(o options, batches, batch int) (writer, error) {
	bare, err := openFranzWriter(o, 0, batch)
	if err != nil {
		return nil, err
	}
	f := &franzRecordWriter{franzWriter: *bare.(*franzWriter), batches: newRecords(o, batches, batch), places: newPlaces(o)}
	if o.exactly {
		f.progressTopic, f.progress = o.progressTopic(), new(kgo.Record)
	}
	return f, nil
}

func (f *franzRecordWriter) write(ctx context.Context, i int) error {
	return f.writeRecords(ctx, f.batches[i])
}

// writeRecords writes at most as many records as a batch has.
func (f *franzRecordWriter) writeRecords(ctx context.Context, records []opencdc.Record) error {
	f.places.give(records)
	for n := range records {
		if err := toMessage(&f.records[n], &records[n]); err != nil {
			return fmt.Errorf("record %d: %w", n, err)
		}
	}
	if f.progressTopic != "" {
		return f.transaction(ctx, f.batch[:len(records)], records[len(records)-1].Position)
	}
	return f.client.ProduceSync(ctx, f.batch[:len(records)]...).FirstErr()
}

func toMessage(m *kgo.Record, r *opencdc.Record) error {
	*m = kgo.Record{Value: r.Payload.After.Bytes()}
	if r.Key != nil {
		m.Key = r.Key.Bytes()
	}
	if at, ok := r.Metadata[opencdc.MetadataCreatedAt]; ok {
		nanos, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return err
		}
		m.Timestamp = time.Unix(0, nanos)
	}
	return nil
}

// transaction does with franz-go what exactlyOnce does: it writes a batch and how far it
// reaches in the source in one transaction. It is as short as that can be: it leaves nothing
// out that was written before, and one position stands for all partitions.
func (f *franzRecordWriter) transaction(ctx context.Context, batch []*kgo.Record, last opencdc.Position) error {
	if err := f.client.BeginTransaction(); err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	*f.progress = kgo.Record{Topic: f.progressTopic, Key: []byte("bench"), Value: last}
	f.sent = append(append(f.sent[:0], batch...), f.progress)
	if err := f.client.ProduceSync(ctx, f.sent...).FirstErr(); err != nil {
		return err
	}
	if err := f.client.EndTransaction(ctx, kgo.TryCommit); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
