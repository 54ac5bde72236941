package kafka

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/convert"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/metrics"
)

// readBatch is how many records ReadN returns at most, however few it is asked for:
// Conduit asks for one at a time unless batching is configured, and takes more.
const readBatch = 3000

// readSession is what a source has from Open to Teardown. It outlives Teardown, so that
// a late Read or Ack finds something that says no.
type readSession struct {
	consumer Consumer
	metrics  *metrics.Connector
	cancel   context.CancelFunc // of the context of Open

	turn    chan struct{} // full while a Read runs: the consumer and what follows have one caller
	records *convert.Records
	rest    []message.Batch // taken from the consumer for Read, not returned yet
	pace    pace            // ReadN's

	closing atomic.Bool
	over    chan struct{} // closed when Teardown begins
	closed  chan struct{} // and when it has ended
}

func newReadSession(c Consumer, r *convert.Records, m *metrics.Connector, cancel context.CancelFunc) *readSession {
	return &readSession{
		consumer: c, records: r, metrics: m, cancel: cancel,
		turn: make(chan struct{}, 1), over: make(chan struct{}), closed: make(chan struct{}),
	}
}

// inTurn waits until no other Read runs.
func (s *readSession) inTurn(ctx context.Context, read func(*readSession, context.Context) ([]opencdc.Record, error)) ([]opencdc.Record, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-s.over:
		return nil, errSourceTornDown
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for another read to end: %w", ctx.Err())
	}
	if s.closing.Load() { // which may have come together with the turn
		return nil, errSourceTornDown
	}
	return read(s, ctx)
}

func (s *readSession) readOne(ctx context.Context) ([]opencdc.Record, error) {
	if len(s.rest) == 0 {
		batches, err := s.next(ctx, readBatch)
		if err != nil {
			return nil, err
		}
		s.rest = batches
	}
	first := s.rest[0]
	if s.rest[0].Records = first.Records[1:]; len(s.rest[0].Records) == 0 {
		s.rest = s.rest[1:]
	}
	first.Records = first.Records[:1]
	return s.records.Append(nil, first, time.Now()), nil
}

func (s *readSession) readN(ctx context.Context, n int) ([]opencdc.Record, error) {
	batches := s.rest
	s.rest = nil
	if len(batches) == 0 {
		var err error
		if batches, err = s.next(ctx, max(n, s.pace.next(time.Now()))); err != nil {
			return nil, err
		}
	}
	defer func() { s.pace.returned = time.Now() }()
	count := 0
	for _, b := range batches {
		count += len(b.Records)
	}
	records, now := make([]opencdc.Record, 0, count), time.Now()
	for _, b := range batches {
		records = s.records.Append(records, b, now)
	}
	return records, nil
}

func (s *readSession) next(ctx context.Context, n int) ([]message.Batch, error) {
	batches, err := s.consumer.Next(ctx, n)
	s.metrics.Read(batches, err)
	return batches, err
}

// close closes the consumer, which ends a Read that is running, and waits for that Read
// until ctx ends. Further calls wait for the first.
func (s *readSession) close(ctx context.Context) error {
	if s.closing.Swap(true) {
		select {
		case <-s.closed:
		case <-ctx.Done():
		}
		return nil
	}
	defer close(s.closed)
	close(s.over)
	err := s.consumer.Close(ctx)
	s.cancel()
	select {
	case s.turn <- struct{}{}: // and keep it
	case <-ctx.Done():
	}
	s.metrics.Close()
	return err
}
