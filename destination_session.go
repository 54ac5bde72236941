package kafka

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/convert"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/metrics"
)

// writeSession is what a destination has from Open to Teardown. It outlives
// Teardown, so that a late Write finds something that says no.
type writeSession struct {
	producer Producer
	messages *convert.Messages
	metrics  *metrics.Connector
	cancel   context.CancelFunc // of the context of Open

	mu      sync.Mutex
	dropped []opencdc.Position // records of Writes that got no turn: see drop

	turn chan struct{}   // full while a Write runs: the producer and the maker have one caller
	life context.Context // ends with Teardown
	end  context.CancelFunc
	once sync.Once

	patience time.Duration // with an outage of the schema registry; 0: no limit
}

// misser is a producer that wants to know of the records that never become messages.
type misser interface{ Miss(position []byte) }

func newWriteSession(p Producer, b *convert.Messages, m *metrics.Connector, cancel context.CancelFunc) *writeSession {
	life, end := context.WithCancel(context.Background())
	return &writeSession{producer: p, messages: b, metrics: m, cancel: cancel, turn: make(chan struct{}, 1), life: life, end: end}
}

// take waits until no other Write runs.
func (s *writeSession) take(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
	case <-s.life.Done():
		return errTornDown
	case <-ctx.Done():
		return fmt.Errorf("wait for another write to end: %w", ctx.Err())
	}
	select {
	case <-s.life.Done(): // which may have come together with the turn
		<-s.turn
		return errTornDown
	default:
		return nil
	}
}

func (s *writeSession) write(ctx context.Context, records []opencdc.Record) (int, error) {
	if err := s.take(ctx); err != nil {
		s.drop(records)
		return 0, err
	}
	defer func() { <-s.turn }()
	s.missDropped()
	batch, makeErr := s.convert(ctx, records)
	s.followTopics(ctx, records, batch.Messages)
	n, err := s.send(ctx, batch.Messages)
	batch.Release(err == nil)
	if err == nil {
		n, err = len(batch.Messages), makeErr
	}
	if p, ok := s.producer.(misser); ok {
		for _, r := range records[len(batch.Messages):] {
			p.Miss(r.Position)
		}
	}
	s.metrics.Failed(err)
	return n, err
}

// drop notes the records of a Write that got no turn. The producer may be in use, and
// learns of them when the next Write has its turn.
func (s *writeSession) drop(records []opencdc.Record) {
	if _, ok := s.producer.(misser); !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range records {
		s.dropped = append(s.dropped, slices.Clone(r.Position))
	}
}

// missDropped is called by the Write that has its turn.
func (s *writeSession) missDropped() {
	s.mu.Lock()
	positions := s.dropped
	s.dropped = nil
	s.mu.Unlock()
	for _, p := range positions {
		s.producer.(misser).Miss(p)
	}
}

// convert makes messages of records. An outage of the schema registry may last as long as
// one of the brokers, and Teardown ends the wait for its end.
func (s *writeSession) convert(ctx context.Context, records []opencdc.Record) (convert.Converted, error) {
	if !s.messages.Asks() {
		return s.messages.Convert(ctx, records)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if s.patience > 0 {
		defer time.AfterFunc(s.patience, cancel).Stop()
	}
	defer context.AfterFunc(s.life, cancel)()
	return s.messages.Convert(ctx, records)
}

func (s *writeSession) send(ctx context.Context, batch []message.Message) (int, error) {
	if len(batch) == 0 {
		return 0, nil
	}
	return s.producer.Send(ctx, batch)
}

// close closes the producer, which ends a Write that is running, and waits for that
// Write until ctx ends. Further calls wait for the first.
func (s *writeSession) close(ctx context.Context) (err error) {
	s.once.Do(func() {
		s.end()
		err = s.producer.Close()
		s.cancel()
		select {
		case s.turn <- struct{}{}: // and keep it
		case <-ctx.Done():
		}
		s.metrics.Close()
	})
	return err
}
