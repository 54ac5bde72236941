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
	"github.com/conduitio/conduit-connector-kafka/internal/position"
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
	member  *string         // whose ID the positions carry
	rest    []message.Batch // taken from the consumer, not returned yet
	pace    pace            // ReadN's

	trail   position.Trail         // of what was handed out
	lastOut message.TopicPartition // of the last record of that

	closing atomic.Bool
	life    context.Context // ends when Teardown begins
	end     context.CancelFunc
	closed  chan struct{} // and when it has ended
}

// newReadSession begins where a position ends. member is what the positions of r say.
func newReadSession(c Consumer, r *convert.Records, member *string, from Position, m *metrics.Connector, cancel context.CancelFunc) *readSession {
	life, end := context.WithCancel(context.Background())
	s := &readSession{
		life: life, end: end,
		consumer: c, records: r, member: member, metrics: m, cancel: cancel,
		turn: make(chan struct{}, 1), closed: make(chan struct{}),
	}
	s.resume(from)
	return s
}

// inTurn waits until no other Read runs.
func (s *readSession) inTurn(ctx context.Context, read func(*readSession, context.Context) ([]opencdc.Record, error)) ([]opencdc.Record, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-s.life.Done():
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
	records, size, err := s.take(ctx, 1)
	if err == nil && len(s.rest) == 0 {
		s.nameOthers(&records[0], size)
	}
	return records, err
}

func (s *readSession) readN(ctx context.Context, n int) ([]opencdc.Record, error) {
	limit := max(n, s.pace.next(time.Now()))
	if len(s.rest) == 0 {
		batches, err := s.next(ctx, limit)
		if err != nil {
			return nil, err
		}
		s.rest = batches
	}
	records, size, err := s.take(ctx, limit)
	if err == nil {
		s.nameOthers(&records[len(records)-1], size)
	}
	s.pace.gave(len(records), time.Now())
	return records, err
}

// take makes records of the rest: at most limit, and as many as fit into maxChunk, but
// at least one, for which it waits during an outage of the schema registry. It fails at
// the first that can't be decoded, once those before it have been returned. size is that
// of all records.
func (s *readSession) take(ctx context.Context, limit int) (records []opencdc.Record, size int, err error) {
	ctx, done := s.whileOpen(ctx)
	defer done()
	limit = s.mayFit(limit)
	records = make([]opencdc.Record, 0, limit)
	now, room := time.Now(), maxChunk-maxOthers
	for len(records) < limit {
		before, b := len(records), s.rest[0]
		wanted := min(len(b.Records), limit-before)
		b.Records = b.Records[:wanted]
		var err error
		records, room, err = s.records.AppendDecoded(ctx, records, b, now, room)
		taken := len(records) - before
		if taken > 0 {
			s.handOut(&b, b.Records[taken-1].Offset)
		}
		s.drop(taken)
		if err != nil && len(records) == 0 {
			if err := s.settle(ctx, err); err != nil {
				return nil, 0, err
			}
			continue
		}
		if taken < wanted {
			break
		}
	}
	return records, maxChunk - maxOthers - room, nil
}

// mayFit returns how many records of the rest, at most limit, fit into maxChunk by their
// keys and values alone.
func (s *readSession) mayFit(limit int) int {
	n, size := 0, 0
	for i := range s.rest {
		for j := range s.rest[i].Records {
			r := &s.rest[i].Records[j]
			if size += len(r.Key) + len(r.Value); n == limit || size > maxChunk && n > 0 {
				return n
			}
			n++
		}
	}
	return n
}

// drop takes n records away from the first batch of the rest.
func (s *readSession) drop(n int) {
	b := &s.rest[0]
	if n > 0 {
		b.TopicConfigs = "" // the first record has said it
	}
	if b.Records = b.Records[n:]; len(b.Records) > 0 {
		return
	}
	b.Release()
	s.rest = s.rest[1:]
}

func (s *readSession) next(ctx context.Context, n int) ([]message.Batch, error) {
	batches, err := s.consumer.Next(ctx, n)
	s.metrics.Read(batches, err)
	if id := s.consumer.MemberID(); id != *s.member {
		*s.member = id
		s.records.ForgetPositions()
	}
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
	s.end()
	err := s.consumer.Close(ctx)
	s.cancel()
	select {
	case s.turn <- struct{}{}: // and keep it
	case <-ctx.Done():
	}
	s.metrics.Close()
	return err
}
