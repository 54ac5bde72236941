package ledger

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
)

// Destination is what WriteTo needs of one.
type Destination interface {
	Write(ctx context.Context, records []opencdc.Record) (int, error)
}

// Source is what ReadFrom needs of one.
type Source interface {
	ReadN(ctx context.Context, n int) ([]opencdc.Record, error)
	Ack(ctx context.Context, position opencdc.Position) error
}

// Pace of the loops: fast enough to have something on its way at each fault, and
// slow enough for two cores.
const (
	writeBatch = 20
	writePause = 20 * time.Millisecond // unless Pace says otherwise
	ackLag     = 5 * time.Millisecond  // from reading a batch to acknowledging it
)

// Pace sets how long after the start of a Write of 20 records the next one starts,
// at the earliest. Without it that is 20ms. Call it before WriteTo.
func (l *Ledger) Pace(pause time.Duration) { l.pause = pause }

// WriteTo writes batches of records until ctx ends; the last Write is waited for.
// A Write that fails is noted with Failed, and the records that come next are
// written.
func (l *Ledger) WriteTo(ctx context.Context, dst Destination) {
	pause := time.NewTicker(l.pause)
	defer pause.Stop()
	for ctx.Err() == nil {
		numbers := l.Next(writeBatch)
		records := make([]opencdc.Record, len(numbers))
		for i, n := range numbers {
			records[i] = Record(n)
		}
		written, err := dst.Write(context.WithoutCancel(ctx), records)
		l.Written(numbers[:written])
		if err != nil {
			l.Failed(err)
		}
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
	}
}

// ReadFrom reads until ctx ends, and acknowledges as Conduit does: one by one, in
// order, beside reading, and what was read last after reading has ended. Its error
// is the source's.
func (l *Ledger) ReadFrom(ctx context.Context, src Source) error {
	acks := make(chan []opencdc.Record, 8)
	acked := make(chan error, 1)
	go func() { acked <- l.acknowledge(context.WithoutCancel(ctx), src, acks) }()
	err := l.readAll(ctx, src, acks)
	close(acks)
	ackErr := <-acked
	if err == nil {
		err = ackErr
	}
	return err
}

func (l *Ledger) readAll(ctx context.Context, src Source, acks chan<- []opencdc.Record) error {
	for {
		records, err := src.ReadN(ctx, 1)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		for i := range records {
			partition, offset, err := placeOf(&records[i])
			if err != nil {
				return err
			}
			l.Returned(partition, offset, bytesOf(records[i].Key), bytesOf(records[i].Payload.After))
		}
		acks <- records
	}
}

// acknowledge goes on taking batches after an error, so that nobody waits for it.
func (l *Ledger) acknowledge(ctx context.Context, src Source, batches <-chan []opencdc.Record) error {
	var failed error
	for records := range batches {
		time.Sleep(ackLag)
		for i := range records {
			partition, offset, err := placeOf(&records[i])
			if failed != nil || err != nil {
				continue // readAll has reported it
			}
			l.Acknowledging(partition, offset)
			failed = src.Ack(ctx, records[i].Position)
		}
	}
	return failed
}

func placeOf(r *opencdc.Record) (partition int32, offset int64, err error) {
	p, err := strconv.ParseInt(r.Metadata["kafka.partition"], 10, 32)
	if err == nil {
		offset, err = strconv.ParseInt(r.Metadata["kafka.offset"], 10, 64)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("find the place of record %s: %w", r.Position, err)
	}
	return int32(p), offset, nil
}

func bytesOf(d opencdc.Data) []byte {
	if d == nil {
		return nil
	}
	return d.Bytes()
}
