package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"

	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// bin is the time that a point of the picture stands for.
const bin = 250 * time.Millisecond

// flow writes records when they are due, and reads them.
type flow struct {
	destination sdk.Destination
	source      sdk.Source
	began       time.Time
	ctx         context.Context // of reading and writing
	cancel      context.CancelFunc

	points []point
}

// point is what happened in a bin.
type point struct {
	read    int64
	lag     int64         // due and not read, at its end
	slowest time.Duration // from due to read
}

func openFlow(ctx context.Context, servers []string) (*flow, error) {
	list := strings.Join(servers, ",")
	destination, err := sides.OpenDestination(ctx, map[string]string{"servers": list, "topic": topic, "value.format": "payload", "deliveryTimeout": "2m"})
	if err != nil {
		return nil, err
	}
	source, err := sides.OpenSource(ctx, map[string]string{"servers": list, "topics": topic, "groupID": "death", "readFromBeginning": "true"}, nil)
	if err != nil {
		return nil, errors.Join(err, destination.Teardown(ctx))
	}
	f := &flow{destination: destination, source: source, points: make([]point, length/bin)}
	return f, f.warmUp(ctx)
}

// warmUp waits until the group has its partitions and a record has come through.
func (f *flow) warmUp(ctx context.Context) error {
	if _, err := f.destination.Write(ctx, []opencdc.Record{record(0, time.Now())}); err != nil {
		return err
	}
	records, err := f.source.ReadN(ctx, 1)
	if err != nil {
		return err
	}
	return f.source.Ack(ctx, records[0].Position)
}

// record has its number as the key, and when it was due as the value.
func record(n int64, due time.Time) opencdc.Record {
	return opencdc.Record{
		Operation: opencdc.OperationCreate,
		Key:       opencdc.RawData(strconv.FormatInt(n, 10)),
		Payload:   opencdc.Change{After: opencdc.RawData(strconv.FormatInt(due.UnixNano(), 10))},
	}
}

// start begins to write and read. The error comes when both have stopped.
func (f *flow) start() <-chan error {
	f.began = time.Now()
	f.ctx, f.cancel = context.WithCancel(context.Background())
	var wg sync.WaitGroup
	var wrote, read error
	wg.Go(func() { wrote = f.write() })
	wg.Go(func() { read = f.readAll() })
	done := make(chan error, 1)
	go func() {
		wg.Wait()
		done <- errors.Join(wrote, read, f.destination.Teardown(context.Background()), f.source.Teardown(context.Background()))
	}()
	return done
}

func (f *flow) stop() { f.cancel() }

// write writes what is due, and after a stop all that has become due meanwhile.
func (f *flow) write() error {
	interval := time.Second / rate
	for n := int64(0); f.ctx.Err() == nil; {
		var batch []opencdc.Record
		for due := f.began.Add(time.Duration(n) * interval); !due.After(time.Now()) && len(batch) < rate; due = due.Add(interval) {
			batch = append(batch, record(n, due))
			n++
		}
		if len(batch) == 0 {
			time.Sleep(5 * time.Millisecond)
			continue
		}
		if _, err := f.destination.Write(f.ctx, batch); err != nil && f.ctx.Err() == nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}

func (f *flow) readAll() error {
	for f.ctx.Err() == nil {
		if err := f.read(); err != nil && f.ctx.Err() == nil {
			return err
		}
	}
	return nil
}

func (f *flow) read() error {
	records, err := f.source.ReadN(f.ctx, 1)
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	if err := f.note(records); err != nil {
		return err
	}
	for _, r := range records {
		if err := f.source.Ack(f.ctx, r.Position); err != nil {
			return fmt.Errorf("acknowledge: %w", err)
		}
	}
	return nil
}

func (f *flow) note(records []opencdc.Record) error {
	now := time.Now()
	i := int(now.Sub(f.began) / bin)
	if i >= len(f.points) {
		return nil
	}
	p := &f.points[i]
	for _, r := range records {
		due, err := strconv.ParseInt(string(r.Payload.After.Bytes()), 10, 64)
		if err != nil {
			return fmt.Errorf("read a value: %w", err)
		}
		p.slowest = max(p.slowest, now.Sub(time.Unix(0, due)))
	}
	p.read += int64(len(records))
	return nil
}

// settle fills in the lag, when all has stopped. A bin in which nothing was read is as
// slow as what has waited since the last one.
func (f *flow) settle() {
	read := int64(0)
	for i := range f.points {
		p := &f.points[i]
		read += p.read
		end := time.Duration(i+1) * bin
		p.lag = max(0, int64(end.Seconds()*rate)-read)
		if p.read == 0 && i > 0 {
			p.slowest = f.points[i-1].slowest + bin
		}
	}
}
