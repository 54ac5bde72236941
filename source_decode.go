package kafka

import (
	"context"
	"errors"

	"github.com/conduitio/conduit-connector-kafka/internal/convert"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/registry"
)

// Metadata of records whose key or value was decoded, or could not be.
const (
	MetadataKeySchemaID        = convert.MetadataKeySchemaID
	MetadataKeySchemaType      = convert.MetadataKeySchemaType
	MetadataKeySchemaSubject   = convert.MetadataKeySchemaSubject
	MetadataKeySchemaVersion   = convert.MetadataKeySchemaVersion
	MetadataKeyDecodeError     = convert.MetadataKeyDecodeError
	MetadataValueSchemaID      = convert.MetadataValueSchemaID
	MetadataValueSchemaType    = convert.MetadataValueSchemaType
	MetadataValueSchemaSubject = convert.MetadataValueSchemaSubject
	MetadataValueSchemaVersion = convert.MetadataValueSchemaVersion
	MetadataValueDecodeError   = convert.MetadataValueDecodeError
)

// DecodeError is in the error of a Read of a record whose key or value can't be decoded.
type DecodeError = convert.DecodeError

// records returns what makes records of what a member of a group reads. memberID may
// change, after which ForgetPositions is to be called.
func (c *SourceConfig) records(ctx context.Context, groupID string, memberID *string) (*convert.Records, error) {
	schemas, err := c.registry(ctx)
	if err != nil {
		return nil, err
	}
	decoding, err := convert.NewDecoding(c.decoding(schemas))
	if err != nil {
		return nil, err
	}
	records := convert.NewRecords(c.TombstonesAsDeletes, func(b *message.Batch) convert.PositionPrefix {
		return Position{
			GroupID: groupID, Topic: b.Topic, Partition: b.Partition, TopicID: b.TopicID, LeaderEpoch: b.LeaderEpoch,
			Member: c.member(*memberID), Assignment: b.Assignment,
		}.prefix()
	})
	records.Decode(decoding)
	extras, err := convert.ParseExtras(c.Metadata)
	records.Add(extras)
	return records, err
}

// whileOpen returns a context that Teardown ends as well: decoding may have to wait for
// the schema registry.
func (s *readSession) whileOpen(ctx context.Context) (context.Context, context.CancelFunc) {
	if !s.records.Decodes() {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.life, cancel)
	return ctx, func() { stop(); cancel() }
}

// settle waits for the end of an outage of the schema registry. It returns all other
// errors of decoding.
func (s *readSession) settle(ctx context.Context, err error) error {
	var outage *registry.UnavailableError
	if errors.As(err, &outage) {
		err = outage.Wait(ctx)
	}
	if err != nil && s.life.Err() != nil {
		return errSourceTornDown
	}
	return err
}
