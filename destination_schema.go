package kafka

import (
	"context"
	"fmt"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// SchemaDecoding decodes keys and payloads that carry a schema, as the SDK's
// middleware of the same settings does, with two differences. Records without a
// schema cost nothing: the SDK makes four errors for each of them. And a record
// that can't be decoded fails alone: the records before it are written.
type SchemaDecoding struct {
	sdk.DestinationWithSchemaExtraction
}

// Wrap puts the decoding before a destination.
func (c *SchemaDecoding) Wrap(next sdk.Destination) sdk.Destination {
	return &schemaDecoder{Destination: next, decoder: c.DestinationWithSchemaExtraction.Wrap(nowhere{})}
}

type schemaDecoder struct {
	sdk.Destination
	decoder sdk.Destination // decodes in place what is written to it
}

// Write decodes what has a schema, up to the first record that fails, and writes
// the records before that one.
func (d *schemaDecoder) Write(ctx context.Context, records []opencdc.Record) (int, error) {
	for i := range records {
		if !hasSchema(records[i].Metadata) {
			continue
		}
		if _, err := d.decoder.Write(ctx, records[i:i+1]); err != nil {
			return d.writeBefore(ctx, records, i, err)
		}
	}
	return d.Destination.Write(ctx, records)
}

// writeBefore writes the records before the i-th, whose error is cause.
func (d *schemaDecoder) writeBefore(ctx context.Context, records []opencdc.Record, i int, cause error) (int, error) {
	if i > 0 {
		if n, err := d.Destination.Write(ctx, records[:i]); err != nil {
			return n, err
		}
	}
	return i, fmt.Errorf("write: %w", &message.RecordError{Index: i, Position: records[i].Position, Err: fmt.Errorf("decode with its schema: %w", cause)})
}

// hasSchema reports whether a record names the schema of its key or its payload.
func hasSchema(m opencdc.Metadata) bool {
	_, key := m[opencdc.MetadataKeySchemaSubject]
	_, payload := m[opencdc.MetadataPayloadSchemaSubject]
	return key || payload
}

// nowhere is what the SDK's decoder writes to.
type nowhere struct{ sdk.UnimplementedDestination }

func (nowhere) Write(_ context.Context, records []opencdc.Record) (int, error) {
	return len(records), nil
}
