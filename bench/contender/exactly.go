package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/payload"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

// recordWriter writes those of Conduit's records that are due.
type recordWriter interface {
	writer
	writeRecords(ctx context.Context, records []opencdc.Record) error
}

// runExactlyLatency reads what is committed while it writes, at a rate, records with the
// time in them.
func runExactlyLatency(ctx context.Context, o options) (result.Run, error) {
	var r result.Run
	m, err := startMeter()
	if err != nil {
		return r, err
	}
	reads := o
	reads.settings = nil // they are the writer's
	from, err := openReader(ctx, reads, true)
	if err != nil {
		return r, err
	}
	reading, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	stop, err := startPaced(ctx, o, fail)
	if err == nil {
		err = errors.Join(readStamps(reading, from, o, m, &r), stop())
	}
	return r, errors.Join(err, closeClient(ctx, from))
}

// startPaced writes until it is stopped. Where that fails it calls fail, since the reader
// would wait for ever.
func startPaced(ctx context.Context, o options, fail func(error)) (stop func() error, err error) {
	to, err := openWriter(ctx, o, 1, o.pace)
	if err != nil {
		return nil, err
	}
	w, ok := to.(recordWriter)
	if !ok {
		return nil, errors.Join(fmt.Errorf("client: %q doesn't write Conduit's records", o.client), closeClient(ctx, to))
	}
	until, end := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		err := writePaced(until, w, newRecords(o, 1, o.pace)[0], o)
		if err != nil {
			fail(err)
		}
		done <- err
	}()
	return func() error {
		end()
		return errors.Join(<-done, closeClient(ctx, to))
	}, nil
}

// writePaced writes, as soon as the last call has returned, what is due by then, at most as
// many records as are due in a second. A record has the time in it at which it was due:
// what waits for the call before it waits within the measured time.
func writePaced(ctx context.Context, w recordWriter, ready []opencdc.Record, o options) error {
	interval := time.Second / time.Duration(o.pace)
	began := time.Now()
	for sent := 0; ctx.Err() == nil; {
		due := min(int(time.Since(began)/interval)-sent, len(ready))
		if due == 0 {
			select {
			case <-time.After(time.Until(began.Add(time.Duration(sent+1) * interval))):
			case <-ctx.Done():
			}
			continue
		}
		records := ready[:due]
		for i := range records {
			at := began.Add(time.Duration(sent+i+1) * interval)
			records[i].Payload.After = opencdc.RawData(payload.Stamped(at, o.size))
		}
		if err := w.writeRecords(context.WithoutCancel(ctx), records); err != nil {
			return fmt.Errorf("after %d records: %w", sent, err)
		}
		sent += due
	}
	return nil
}
