package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/lab"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

// bench is one run of the benchmark.
type bench struct {
	options
	progress io.Writer
	file     *result.File
	saved    string // the file's name
}

// measure works the plan off. What fails is noted and doesn't end it; what was
// measured is saved after each cell.
func (b *bench) measure(ctx context.Context, p plan) error {
	var l *lab.Lab
	var errs []error
	for i, g := range p {
		if ctx.Err() != nil {
			break
		}
		if l == nil || l.Brokers != g.cell.Brokers {
			l = b.change(ctx, l, g.cell.Brokers, &errs)
		}
		fmt.Fprintf(b.progress, "\n[%d/%d] %s: %s\n", i+1, len(p), g.cell.Part, g.cell)
		if l == nil {
			continue
		}
		if w, ok := p.warmUp(i); ok {
			b.discard(ctx, l, w)
		}
		b.takeTurns(ctx, l, g)
		b.file.Took = time.Since(b.file.Started)
		if err := b.file.Save(b.saved); err != nil {
			errs = append(errs, err)
			break
		}
	}
	if l != nil {
		errs = append(errs, l.Close(context.WithoutCancel(ctx)))
	}
	return errors.Join(append(errs, ctx.Err())...)
}

// change opens a cluster in the place of another one; there is none if it can't
// be started.
func (b *bench) change(ctx context.Context, old *lab.Lab, brokers int, errs *[]error) *lab.Lab {
	if old != nil {
		*errs = append(*errs, old.Close(ctx))
	}
	l, err := lab.Open(ctx, brokers, b.servers)
	if err != nil {
		err = fmt.Errorf("cells with %d brokers are left out: %w", brokers, err)
		fmt.Fprintln(b.progress, err)
		*errs = append(*errs, err)
		return nil
	}
	b.file.Machine.Kafka = l.Kafka
	return l
}

// warmUpRound is the round of a run that is discarded.
const warmUpRound = 0

// discard has a contender run, and leaves out what it measured.
func (b *bench) discard(ctx context.Context, l *lab.Lab, g group) {
	c := g.contenders[0]
	err := c.prepare(ctx, l, g.cell)
	for i := 0; i < g.rounds && err == nil; i++ {
		_, err = c.run(ctx, l, g.cell, warmUpRound)
	}
	if err != nil && ctx.Err() == nil { // it fails again where that is noted
		fmt.Fprintf(b.progress, "  The run before the first one, of %s, failed: %v\n", c.name(), err)
	}
}

// takeTurns runs a group's contenders A B C, B C A, C A B: what the last one has left to a
// contender, and what it leaves, should not be the same in all rounds.
func (b *bench) takeTurns(ctx context.Context, l *lab.Lab, g group) {
	failed := make(map[string]bool)
	for round := range g.rounds {
		for i := range g.contenders {
			c := g.contenders[(round+i)%len(g.contenders)]
			if failed[c.name()] || ctx.Err() != nil {
				continue
			}
			var r result.Run
			var err error
			if round == 0 {
				err = c.prepare(ctx, l, g.cell)
			}
			if err == nil {
				r, err = c.run(ctx, l, g.cell, round+1)
			}
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				r.Error = strings.ReplaceAll(err.Error(), "\n", "; ")
				failed[c.name()] = true // it would only cost time again
			}
			b.note(result.Measurement{Cell: g.cell, Contender: c.name(), Round: round + 1, Run: r})
		}
	}
}

func (b *bench) note(m result.Measurement) {
	b.file.Measurements = append(b.file.Measurements, m)
	r := m.Run
	switch {
	case r.Error != "":
		fmt.Fprintf(b.progress, "  %-52s FAILED: %s\n", m.Contender, r.Error)
	case r.Latency != nil:
		fmt.Fprintf(b.progress, "  %-52s p50 %7.0f µs  p99 %7.0f µs\n", m.Contender, r.Latency.P50, r.Latency.P99)
	default:
		fmt.Fprintf(b.progress, "  %-52s %11s records/s %7.2f µs CPU  %4d MB\n",
			m.Contender, result.Thousands(int64(r.Rate())), r.CPUPerRecord(), r.PeakRSS>>20)
	}
}
