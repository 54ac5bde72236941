package faults_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
)

// book is what one source returned, where a ledger can't count: because records
// go with their topic, are aborted, compacted, or not all meant to be read. A
// record's value is its number.
type book struct {
	s *scenario

	mu       sync.Mutex
	records  []opencdc.Record // in the order in which they came, where they are kept
	keep     bool
	times    map[int]int     // how often a number came
	last     map[int32]int64 // the offset that came last, by partition
	disorder int             // records that came after a later one of their partition
}

// note reads from a source until finish, and acknowledges each record at once.
func (s *scenario) note(src source, keep bool) *book {
	b := &book{s: s, keep: keep, times: make(map[int]int), last: make(map[int32]int64)}
	s.loop(func(ctx context.Context) {
		if err := b.readFrom(ctx, src); err != nil {
			s.t.Errorf("read: %v", err)
		}
		if err := src.Teardown(s.log); err != nil {
			s.t.Errorf("tear down the source: %v", err)
		}
	})
	return b
}

func (b *book) readFrom(ctx context.Context, src source) error {
	for {
		records, err := src.ReadN(ctx, 1)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		for _, r := range records {
			if err := b.add(r); err != nil {
				return err
			}
			if err := src.Ack(ctx, r.Position); err != nil {
				return err
			}
		}
	}
}

func (b *book) add(r opencdc.Record) error {
	partition, err := strconv.ParseInt(r.Metadata["kafka.partition"], 10, 32)
	if err != nil {
		return err
	}
	offset, err := strconv.ParseInt(r.Metadata["kafka.offset"], 10, 64)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.keep {
		b.records = append(b.records, r)
	}
	if n, err := strconv.Atoi(string(r.Payload.After.Bytes())); err == nil {
		b.times[n]++
	}
	if last, ok := b.last[int32(partition)]; ok && offset <= last {
		b.disorder++
	}
	b.last[int32(partition)] = offset
	return nil
}

// came tells how often a number came.
func (b *book) came(number int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.times[number]
}

// numbers counts the different numbers that came.
func (b *book) numbers() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.times)
}

// until waits for a condition.
func (s *scenario) until(what string, ok func(ctx context.Context) bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.log, guard)
	defer cancel()
	for !ok(ctx) {
		select {
		case <-ctx.Done():
			s.is.NoErr(fmt.Errorf("wait until %s: %w", what, ctx.Err()))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// untilCommitted waits until the group has committed up to the end of the topic.
func (s *scenario) untilCommitted() {
	s.t.Helper()
	var committed, ends map[int32]int64
	defer func() {
		if s.t.Failed() {
			s.t.Logf("committed %v, the topic ends at %v", committed, ends)
		}
	}()
	s.until("everything is committed", func(ctx context.Context) bool {
		var err, endErr error
		committed, err = s.client.Committed(ctx, s.group, s.topic)
		ends, endErr = s.client.EndOffsets(ctx, s.topic)
		if err != nil || endErr != nil {
			return false
		}
		for p, end := range ends {
			if end > 0 && committed[p] != end {
				return false
			}
		}
		return true
	})
}

// close stops the loops and checks that nothing of the connector is left.
func (s *scenario) close() {
	s.t.Helper()
	for _, stop := range s.stops {
		stop()
	}
	s.is.Equal(connectorGoroutines(), nil)
}
