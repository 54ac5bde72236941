package kafka

import (
	"context"
	"fmt"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/google/uuid"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// readBatch is how many records ReadN returns at most, however few it is asked for:
// Conduit asks for one at a time unless batching is configured, and takes more.
const readBatch = 3000

// Source reads Kafka topics as a member of a consumer group.
type Source struct {
	sdk.UnimplementedSource

	config SourceConfig
	// newConsumer joins the group. It is a field for the tests' sake.
	newConsumer func(ctx context.Context, c SourceConfig, groupID string, from Position, m *metrics) (Consumer, error)

	consumer  Consumer
	metrics   *metrics
	records   *recordMaker    // Read's and ReadN's
	rest      []message.Batch // taken from the consumer for Read, not returned yet
	pace      pace            // ReadN's
	positions positionReader  // Ack's, which runs beside Read
}

// NewSource returns a source with the SDK's middleware around it.
func NewSource() sdk.Source {
	return sdk.SourceWithMiddleware(&Source{config: newSourceConfig(), newConsumer: newGroupConsumer})
}

// String keeps the settings, some of which are secret, out of logs.
func (s *Source) String() string { return "Kafka source" }

// Config returns what Conduit fills the settings into.
func (s *Source) Config() sdk.SourceConfig { return &s.config }

// Open joins the consumer group: the configured one, the one in the position, or
// a new one if there is neither.
func (s *Source) Open(ctx context.Context, position opencdc.Position) error {
	groupID, from, err := s.group(position)
	if err != nil {
		return err
	}
	if groupID == "" {
		groupID = uuid.NewString()
		sdk.Logger(ctx).Info().Str("groupID", groupID).Msg("generated a consumer group ID, which the position of the records will carry")
	}
	s.metrics = openMetrics(ctx, s.config.Metrics, sourceSide)
	s.consumer, err = s.newConsumer(ctx, s.config, groupID, from, s.metrics)
	if err != nil {
		s.metrics.close()
		return fmt.Errorf("open source: %w", err)
	}
	s.records = newRecordMaker(groupID)
	s.records.tombstones = s.config.TombstonesAsDeletes
	return nil
}

func (s *Source) group(position opencdc.Position) (string, Position, error) {
	if len(position) == 0 {
		return s.config.GroupID, Position{}, nil
	}
	from, err := ParsePosition(position)
	if err != nil {
		return "", from, fmt.Errorf("open source: %w", err)
	}
	if s.config.GroupID != "" && s.config.GroupID != from.GroupID {
		return "", from, fmt.Errorf("open source: groupID is %q, but the pipeline's position belongs to group %q: set groupID to %[2]q to go on, or create a new connector to start over as %[1]q",
			s.config.GroupID, from.GroupID)
	}
	return from.GroupID, from, nil
}

// Read returns the next record.
func (s *Source) Read(ctx context.Context) (opencdc.Record, error) {
	if err := ctx.Err(); err != nil {
		return opencdc.Record{}, err
	}
	if len(s.rest) == 0 {
		batches, err := s.next(ctx, readBatch)
		if err != nil {
			return opencdc.Record{}, err
		}
		s.rest = batches
	}
	first := s.rest[0]
	if s.rest[0].Records = first.Records[1:]; len(s.rest[0].Records) == 0 {
		s.rest = s.rest[1:]
	}
	first.Records = first.Records[:1]
	return s.records.append(nil, first, time.Now())[0], nil
}

// ReadN returns the records that are there already, at least one, and at most n or
// what Conduit takes in about a second, whichever is more. None is returned once
// the context has ended: the SDK stops reading at an error only.
func (s *Source) ReadN(ctx context.Context, n int) ([]opencdc.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
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
		records = s.records.append(records, b, now)
	}
	return records, nil
}

func (s *Source) next(ctx context.Context, n int) ([]message.Batch, error) {
	batches, err := s.consumer.Next(ctx, n)
	s.metrics.read(batches, err)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err() // the SDK takes exactly this for a graceful stop
	}
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return batches, nil
}

// Ack says that Conduit has processed a record.
func (s *Source) Ack(_ context.Context, position opencdc.Position) error {
	p, err := s.positions.parse(position)
	if err != nil {
		return fmt.Errorf("acknowledge: %w", err)
	}
	s.consumer.Ack(p.record())
	return nil
}

// Teardown commits what was acknowledged and leaves the group.
func (s *Source) Teardown(ctx context.Context) error {
	if s.consumer == nil {
		return nil
	}
	err := s.consumer.Close(ctx)
	s.consumer = nil
	s.metrics.close()
	if err != nil {
		return fmt.Errorf("tear down source: %w", err)
	}
	return nil
}
