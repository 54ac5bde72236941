package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

// writeBatch is how many records a call writes, as a Conduit with batches does, unless
// another number is given.
const writeBatch = 1000

// readyRecords is how many records of a size are made in advance, to be written
// in turn: whole batches, and little enough not to count against the client's
// memory.
func readyRecords(size int) int {
	const most, bytes = 8, 8 << 20
	return min(max(1, bytes/size/writeBatch), most) * writeBatch
}

// writer is a client that writes with acks from all replicas in sync.
type writer interface {
	// write writes batch i of those that the client was opened with, and returns
	// when the brokers have it.
	write(ctx context.Context, i int) error
	close(ctx context.Context) error
}

// openWriter opens a client that has a number of batches ready.
func openWriter(ctx context.Context, o options, batches, batch int) (writer, error) {
	switch o.client {
	case "connector":
		return openConnectorWriter(ctx, o, batches, batch)
	case "franz-go":
		return openFranzWriter(o, batches, batch)
	case "franz-go-records":
		return openFranzRecordWriter(o, batches, batch)
	case "kafka-go":
		return openKafkaGoWriter(o, batches, batch)
	}
	return nil, fmt.Errorf("client: %q is unknown", o.client)
}

// runDestination writes until enough records are written or the time is over.
func runDestination(ctx context.Context, o options) (result.Run, error) {
	batches := max(1, readyRecords(o.size)/o.batch)
	client, err := openWriter(ctx, o, batches, o.batch)
	if err != nil {
		return result.Run{}, err
	}
	r, err := writeAll(ctx, client, batches, o)
	return r, errors.Join(err, closeClient(ctx, client))
}

// writeAll measures from the first batch on, which opens the connections and is
// not in the rate.
func writeAll(ctx context.Context, client writer, batches int, o options) (result.Run, error) {
	var r result.Run
	m, err := startMeter()
	if err != nil {
		return r, err
	}
	var first, last time.Time
	for i := 0; last.Sub(first) < o.duration && r.Records < o.records; i++ {
		if err := client.write(ctx, i%batches); err != nil {
			return r, fmt.Errorf("after %d records: %w", r.Records, err)
		}
		last = time.Now()
		if first.IsZero() {
			first = last
		}
		r.Records += int64(o.batch)
	}
	r.First = first.Sub(m.began).Seconds()
	r.Bytes = r.Records * int64(o.size)
	r.Timed, r.Seconds = r.Records-int64(o.batch), last.Sub(first).Seconds()
	return r, m.stop(&r, r.Records)
}
