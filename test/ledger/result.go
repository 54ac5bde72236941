package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// Result is what became of a scenario's records.
type Result struct {
	Scenario string
	Rounds   int
	Records  int // acknowledged by the destination

	Lost       int // acknowledged and not in the log, or in the log and not read
	Duplicated int // further copies in the log of records that are there already
	ReadTwice  int // returned again by a source
	ReadBehind int // of these, with a commit after them that had been seen before
	Reordered  int // in the log, or read, after a record of their key that followed them
	Foreign    int // in the log, or read, and not what was written

	Looks     int // at the commits
	Regressed int // commits lower than one before
	Early     int // commits before which something was not acknowledged

	Failures  []error // of writes
	Uncertain int     // records whose Write failed

	LongestRead, LongestWrite time.Duration // between two successes
	Took                      time.Duration
}

// Finish compares what was noted with the log. Call it when nobody writes or
// reads any more.
func (l *Ledger) Finish(ctx context.Context, client *kclient.Client) (Result, error) {
	log, err := client.Consume(ctx, l.topic)
	if err != nil {
		return Result{}, err
	}
	return l.compare(log), nil
}

// compare makes the result. log is by partition, each in the order of its offsets.
func (l *Ledger) compare(log []*kgo.Record) Result {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := Result{
		Scenario: l.scenario, Rounds: l.rounds,
		ReadBehind: l.behind, Reordered: l.passed, Foreign: l.foreign, Failures: l.failures,
		Looks: l.watched.looks, Regressed: l.watched.regressed,
		LongestRead: l.reader.longest, LongestWrite: l.writer.longest,
		Took: time.Since(l.begun),
	}
	l.countWritten(&r, log)
	l.countRead(&r, log)
	offsets := make(map[int32][]int64)
	for _, rec := range log {
		offsets[rec.Partition] = append(offsets[rec.Partition], rec.Offset)
	}
	r.Early = l.watched.early(offsets, l.acks)
	return r
}

// countWritten compares the log with what the destination said.
func (l *Ledger) countWritten(r *Result, log []*kgo.Record) {
	there := make(map[int]bool, len(log))
	last := make(map[int]int) // by key: the highest number so far
	for _, rec := range log {
		n, ok := Number(rec.Key, rec.Value)
		switch {
		case !ok || n >= len(l.written):
			r.Foreign++
			continue
		case there[n]:
			r.Duplicated++
			continue
		}
		there[n] = true
		if l.written[n] != durable {
			continue // it may come late: nobody was told that it is there
		}
		if before, ok := last[n%keys]; ok && n < before {
			r.Reordered++
			continue
		}
		last[n%keys] = n
	}
	for n, f := range l.written {
		switch {
		case f == uncertain:
			r.Uncertain++
		case !there[n]:
			r.Lost++
			r.Records++
		default:
			r.Records++
		}
	}
}

// countRead compares what was read with the log.
func (l *Ledger) countRead(r *Result, log []*kgo.Record) {
	for _, rec := range log {
		if l.reads[place{rec.Partition, rec.Offset}] == 0 {
			r.Lost++
		}
	}
	for _, n := range l.reads {
		r.ReadTwice += n - 1
	}
}

// Check returns what no fault may cause. Records that are read twice are allowed
// within a scenario's own bounds, and so are writes that fail.
func (r Result) Check() error {
	var errs []error
	for _, c := range []struct {
		count int
		what  string
	}{
		{r.Lost, "records lost"},
		{r.Duplicated, "records duplicated by the producer"},
		{r.Reordered, "records out of their key's order"},
		{r.Foreign, "records that nobody wrote so"},
		{r.Regressed, "commits lower than one before"},
		{r.Early, "commits beyond what was acknowledged"},
	} {
		if c.count != 0 {
			errs = append(errs, fmt.Errorf("%s: %d %s", r.Scenario, c.count, c.what))
		}
	}
	if r.Records == 0 {
		errs = append(errs, fmt.Errorf("%s: no record was written", r.Scenario))
	}
	return errors.Join(errs...)
}

const row = "%-44s %6v %8v %5v %10v %10v %9v %9v %6v %9v %10v %10v %8v"

// Header is the line above the rows of a table of results. Pauses are the longest
// between two successful reads and two successful writes.
func Header() string {
	return fmt.Sprintf(row, "scenario", "rounds", "records", "lost", "duplicated", "read twice", "reordered",
		"regressed", "early", "uncertain", "read pause", "writ pause", "took")
}

// String is one row of the table.
func (r Result) String() string {
	ms := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
	return fmt.Sprintf(row, r.Scenario, r.Rounds, r.Records, r.Lost, r.Duplicated, r.ReadTwice, r.Reordered,
		r.Regressed, r.Early, r.Uncertain, ms(r.LongestRead), ms(r.LongestWrite), r.Took.Round(100*time.Millisecond))
}
