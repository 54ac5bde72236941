package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

// closeTimeout bounds how long a client may take to commit and to leave its group.
const closeTimeout = 30 * time.Second

// closeClient closes a reader or writer, also when ctx has ended.
func closeClient(ctx context.Context, client interface {
	close(ctx context.Context) error
}) error {
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	return client.close(closing)
}

// reader is a client that reads a topic as the only member of a consumer group.
type reader interface {
	// next waits for a record, returns how many came, of how many bytes, and
	// acknowledges each, at once unless -ack-every says otherwise. Clients that take one record a call read up to limit,
	// as long as the topic has that many. It calls visit with each value,
	// unless visit is nil.
	next(ctx context.Context, limit int, visit func(value []byte)) (records int, bytes int64, err error)
	// ackRest acknowledges what was read and is not acknowledged. Nothing is read
	// after it.
	ackRest(ctx context.Context) error
	// close commits what was acknowledged and leaves the group.
	close(ctx context.Context) error
	// api names the calls that were used.
	api() string
}

// openReader opens a client that starts with a topic's first record, or only
// with what comes later.
func openReader(ctx context.Context, o options, fromStart bool) (reader, error) {
	switch o.client {
	case "connector":
		return openConnectorReader(ctx, o, fromStart)
	case "franz-go":
		return openFranzReader(o, fromStart)
	case "franz-go-records":
		return openFranzRecordReader(o, fromStart)
	case "records-alone":
		return openRecordMaker(o), nil
	case "kafka-go":
		return openKafkaGoReader(o, fromStart), nil
	}
	return nil, fmt.Errorf("client: %q is unknown", o.client)
}

// readChunk is how many records a client that takes one a call reads between two
// looks at the clock.
const readChunk = 500

// runSource reads until enough records have come or the time is over.
func runSource(ctx context.Context, o options) (result.Run, error) {
	var r result.Run
	m, err := startMeter()
	if err != nil {
		return r, err
	}
	client, err := openReader(ctx, o, true)
	if err != nil {
		return r, err
	}
	err = readAll(ctx, client, o, m, &r)
	r.API = client.api()
	return r, errors.Join(err, closeClient(ctx, client))
}

func readAll(ctx context.Context, client reader, o options, m *meter, r *result.Run) error {
	var first, last time.Time
	var firstCount int64
	for last.Sub(first) < o.duration && r.Records < o.records {
		limit := min(readChunk, o.records-r.Records)
		n, size, err := client.next(ctx, int(limit), nil)
		if err != nil {
			return fmt.Errorf("after %d records: %w", r.Records, err)
		}
		last = time.Now()
		r.Records += int64(n)
		r.Bytes += size
		if first.IsZero() {
			first, firstCount = last, r.Records
		}
	}
	r.First = first.Sub(m.began).Seconds()
	r.Timed, r.Seconds = r.Records-firstCount, last.Sub(first).Seconds()
	// Acknowledging costs CPU, too.
	if err := client.ackRest(ctx); err != nil {
		return fmt.Errorf("after %d records: %w", r.Records, err)
	}
	return m.stop(r, r.Records)
}
