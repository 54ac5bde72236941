package faults_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
)

// runner writes and reads one topic, record by record, and notes when.
type runner struct {
	name  string
	topic string

	mu      sync.Mutex
	records []passage

	written, read []time.Duration // by round
}

// passage is when the writing of a record began and ended, and when it was read.
type passage struct{ begun, written, read time.Time }

// writeAll writes one record after the other until ctx ends. The value is the
// record's index.
func (r *runner) writeAll(ctx context.Context, write func(value []byte) error) {
	for i := 0; ctx.Err() == nil; i++ {
		r.mu.Lock()
		r.records = append(r.records, passage{begun: time.Now()})
		r.mu.Unlock()
		if err := write(strconv.AppendInt(nil, int64(i), 10)); err == nil {
			r.mu.Lock()
			r.records[i].written = time.Now()
			r.mu.Unlock()
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (r *runner) noteRead(value []byte) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if i, err := strconv.Atoi(string(value)); err == nil && i < len(r.records) && r.records[i].read.IsZero() {
		r.records[i].read = now
	}
}

// first returns the first record that was begun after a moment and has come through.
func (r *runner) first(moment time.Time) (passage, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from, _ := slices.BinarySearchFunc(r.records, moment, func(p passage, t time.Time) int { return p.begun.Compare(t) })
	for _, p := range r.records[from:] {
		if !p.written.IsZero() && !p.read.IsZero() {
			return p, true
		}
	}
	return passage{}, false
}

// through reports whether a record that was begun after a moment has come through.
func (r *runner) through(moment time.Time) error {
	if _, ok := r.first(moment); !ok {
		return errors.New(r.name + ": nothing has come through yet")
	}
	return nil
}

// measure notes how long after a moment the next record was written and read.
func (r *runner) measure(moment time.Time) {
	p, _ := r.first(moment)
	r.written = append(r.written, p.written.Sub(moment))
	r.read = append(r.read, p.read.Sub(moment))
}

func (r *runner) String() string {
	median := func(d []time.Duration) time.Duration {
		sorted := slices.Sorted(slices.Values(d))
		return sorted[len(sorted)/2].Round(time.Millisecond)
	}
	return fmt.Sprintf("%-9s from a leader's death or pause to the first record after it, median of %d: written %v, read %v",
		r.name, len(r.written), median(r.written), median(r.read))
}

// numberless is a record with a value only.
func numberless(value []byte) []opencdc.Record {
	return []opencdc.Record{{Operation: opencdc.OperationCreate, Payload: opencdc.Change{After: opencdc.RawData(value)}}}
}
