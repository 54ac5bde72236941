package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/google/uuid"

	"github.com/conduitio/conduit-connector-kafka/internal/metrics"
)

// Source reads Kafka topics as a member of a consumer group. Its methods may be called
// from any goroutine, in any order and at the same time, but for Ack, which has one
// caller at a time.
type Source struct {
	sdk.UnimplementedSource

	config SourceConfig
	// newConsumer joins the group. It is a field for the tests' sake.
	newConsumer func(ctx context.Context, c SourceConfig, groupID string, from Position, m *metrics.Connector) (Consumer, error)

	mu       sync.Mutex
	opening  context.CancelFunc          // ends the Open that is running; nil if none is
	tornDown bool                        // for good
	session  atomic.Pointer[readSession] // from the end of Open on; nil before

	positions positionReader // Ack's
}

// What calls that come too early or too late return.
var (
	errSourceNotOpen     = errors.New("the source is not open")
	errSourceAlreadyOpen = errors.New("the source is open already")
	errSourceTornDown    = errors.New("the source has been torn down")
)

// NewSource returns a source with the SDK's middleware around it.
func NewSource() sdk.Source {
	return &chunkSource{Source: sdk.SourceWithMiddleware(&Source{config: newSourceConfig(), newConsumer: newGroupConsumer})}
}

// String keeps the settings, some of which are secret, out of logs.
func (s *Source) String() string { return "Kafka source" }

// Config returns what Conduit fills the settings into.
func (s *Source) Config() sdk.SourceConfig { return &s.config }

// Open joins the consumer group: the configured one, the one in the position, or
// a new one if there is neither. A source can be opened once, unless that failed.
func (s *Source) Open(ctx context.Context, position opencdc.Position) error {
	ctx, cancel := context.WithCancel(ctx) // connections keep it until Teardown
	if err := s.begin(cancel); err != nil {
		cancel()
		return fmt.Errorf("open source: %w", err)
	}
	session, err := s.join(ctx, position, cancel)
	if err = errors.Join(err, s.opened(ctx, session)); err != nil {
		cancel()
		return fmt.Errorf("open source: %w", err)
	}
	return nil
}

// begin notes that Open is running, which cancel ends.
func (s *Source) begin(cancel context.CancelFunc) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.tornDown:
		return errSourceTornDown
	case s.opening != nil || s.session.Load() != nil:
		return errSourceAlreadyOpen
	}
	s.opening = cancel
	return nil
}

func (s *Source) join(ctx context.Context, position opencdc.Position, cancel context.CancelFunc) (*readSession, error) {
	groupID, from, err := s.group(position)
	if err != nil {
		return nil, err
	}
	if groupID == "" {
		groupID = uuid.NewString()
		sdk.Logger(ctx).Info().Str("groupID", groupID).Msg("generated a consumer group ID, which the position of the records will carry")
	}
	var member string // until the source has joined
	records, err := s.config.records(ctx, groupID, &member)
	if err != nil {
		return nil, err
	}
	m := metrics.Open(ctx, s.config.Metrics, metrics.Source)
	if err := m.Serve(s.config.MetricsAddress); err != nil {
		m.Close()
		return nil, err
	}
	consumer, err := s.newConsumer(ctx, s.config, groupID, from, m)
	if err != nil {
		m.Close()
		return nil, err
	}
	return newReadSession(consumer, records, &member, from, m, cancel), nil
}

func (s *Source) group(position opencdc.Position) (string, Position, error) {
	if len(position) == 0 {
		return s.config.GroupID, Position{}, nil
	}
	from, err := ParsePosition(position)
	if err != nil {
		return "", from, err
	}
	if s.config.GroupID != "" && s.config.GroupID != from.GroupID {
		return "", from, fmt.Errorf("groupID is %q, but the pipeline's position belongs to group %q: set groupID to %[2]q to go on, or create a new connector to start over as %[1]q",
			s.config.GroupID, from.GroupID)
	}
	return from.GroupID, from, nil
}

// opened ends Open: with a session, unless that is nil or Teardown came meanwhile.
func (s *Source) opened(ctx context.Context, session *readSession) error {
	s.mu.Lock()
	s.opening = nil
	tornDown := s.tornDown
	if session != nil && !tornDown {
		s.session.Store(session)
	}
	s.mu.Unlock()
	if session == nil || !tornDown {
		return nil
	}
	return errors.Join(errSourceTornDown, session.close(context.WithoutCancel(ctx)))
}

// Read returns the next record.
func (s *Source) Read(ctx context.Context) (opencdc.Record, error) {
	records, err := s.read(ctx, (*readSession).readOne)
	if err != nil {
		return opencdc.Record{}, err
	}
	return records[0], nil
}

// ReadN returns the records that are there already, at least one, and at most n or
// what Conduit takes in about a second, whichever is more. Together they are no larger
// than 3 MiB as Conduit's protocol encodes them, unless one alone is. None is returned
// once the context has ended: the SDK stops reading at an error only.
func (s *Source) ReadN(ctx context.Context, n int) ([]opencdc.Record, error) {
	return s.read(ctx, func(r *readSession, ctx context.Context) ([]opencdc.Record, error) { return r.readN(ctx, n) })
}

func (s *Source) read(ctx context.Context, read func(*readSession, context.Context) ([]opencdc.Record, error)) ([]opencdc.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	session := s.session.Load()
	if session == nil {
		return nil, fmt.Errorf("read: %w", errSourceNotOpen)
	}
	records, err := session.inTurn(ctx, read)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err() // the SDK takes exactly this for a graceful stop
	}
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return records, nil
}

// Ack says that Conduit has processed a record. One that comes after Teardown is too
// late to be committed, and no error: its record is read again.
func (s *Source) Ack(_ context.Context, position opencdc.Position) error {
	session := s.session.Load()
	if session == nil {
		return fmt.Errorf("acknowledge: %w", errSourceNotOpen)
	}
	record, err := s.positions.parse(position)
	if err != nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	session.consumer.Ack(record)
	return nil
}

// Teardown commits what was acknowledged and leaves the group. It ends an Open or a
// Read that is running. Without a successful Open before it there is nothing to do.
func (s *Source) Teardown(ctx context.Context) error {
	s.mu.Lock()
	session := s.session.Load()
	if s.opening != nil {
		s.opening()
	}
	s.tornDown = s.tornDown || session != nil || s.opening != nil
	s.mu.Unlock()
	if session == nil {
		return nil
	}
	if err := session.close(ctx); err != nil {
		return fmt.Errorf("tear down source: %w", err)
	}
	return nil
}
