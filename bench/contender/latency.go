package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/payload"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/stats"
)

// settle is how many single records are written before any counts.
const settle = 100

// runWriteLatency writes one record after the other and measures each.
func runWriteLatency(ctx context.Context, o options) (result.Run, error) {
	ready := readyRecords(o.size)
	client, err := openWriter(ctx, o, ready, 1)
	if err != nil {
		return result.Run{}, err
	}
	r, err := writeEach(ctx, client, ready, o)
	return r, errors.Join(err, closeClient(ctx, client))
}

func writeEach(ctx context.Context, client writer, ready int, o options) (result.Run, error) {
	var r result.Run
	m, err := startMeter()
	if err != nil {
		return r, err
	}
	var took []float64
	var first, last time.Time
	for i := 0; last.Sub(first) < o.duration && r.Records < o.records; i++ {
		start := time.Now()
		if err := client.write(ctx, i%ready); err != nil {
			return r, fmt.Errorf("after %d records: %w", r.Records, err)
		}
		last = time.Now()
		r.Records++
		switch {
		case i == 0:
			first = last
			r.First = last.Sub(m.began).Seconds()
		case i >= settle:
			took = append(took, microseconds(last.Sub(start)))
		}
	}
	r.Timed, r.Seconds = r.Records-1, last.Sub(first).Seconds()
	r.Latency = latency(took)
	return r, m.stop(&r, r.Records)
}

// runReadLatency reads what another process writes with the time in it.
func runReadLatency(ctx context.Context, o options) (result.Run, error) {
	var r result.Run
	m, err := startMeter()
	if err != nil {
		return r, err
	}
	client, err := openReader(ctx, o, false)
	if err != nil {
		return r, err
	}
	err = readStamps(ctx, client, o, m, &r)
	r.API = client.api()
	return r, errors.Join(err, closeClient(ctx, client))
}

// readStamps leaves out what came in the first moments, when records have waited
// for the group to come up.
func readStamps(ctx context.Context, client reader, o options, m *meter, r *result.Run) error {
	var took []float64
	var first, last time.Time
	var unstamped int
	visit := func(value []byte) {
		now := time.Now()
		sent, ok := payload.Stamp(value)
		switch {
		case !ok:
			unstamped++
		case !first.IsZero() && now.Sub(first) > o.warmUp:
			took = append(took, microseconds(now.Sub(sent)))
		}
	}
	for last.Sub(first) < o.warmUp+o.duration && r.Records < o.records {
		n, size, err := client.next(ctx, 1, visit)
		if err != nil {
			return fmt.Errorf("after %d records: %w", r.Records, err)
		}
		last = time.Now()
		if first.IsZero() {
			first = last
			r.First = last.Sub(m.began).Seconds()
		}
		r.Records += int64(n)
		r.Bytes += size
	}
	if unstamped > 0 {
		return fmt.Errorf("read %d records without a time in them", unstamped)
	}
	r.Timed, r.Seconds = r.Records, last.Sub(first).Seconds()
	r.Latency = latency(took)
	return m.stop(r, r.Records)
}

func latency(took []float64) *result.Latency {
	slices.Sort(took)
	return &result.Latency{
		Samples: len(took),
		P50:     stats.Percentile(took, 0.50),
		P99:     stats.Percentile(took, 0.99),
		Max:     stats.Percentile(took, 1),
	}
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
