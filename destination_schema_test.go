package kafka

import (
	"context"
	"testing"

	"github.com/conduitio/conduit-commons/lang"
	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/conduitio/conduit-connector-sdk/schema"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// recorded is a destination that keeps what is written to it.
type recorded struct {
	sdk.UnimplementedDestination
	records []opencdc.Record
}

func (r *recorded) Write(_ context.Context, records []opencdc.Record) (int, error) {
	r.records = append(r.records, records...)
	return len(records), nil
}

func decoding(to sdk.Destination) sdk.Destination {
	c := SchemaDecoding{sdk.DestinationWithSchemaExtraction{PayloadEnabled: lang.Ptr(true), KeyEnabled: lang.Ptr(true)}}
	return c.Wrap(to)
}

// withSchema makes a record whose payload is in Avro, with a schema of that name.
func withSchema(t *testing.T, subject string, data opencdc.StructuredData) opencdc.Record {
	t.Helper()
	is := is.New(t)
	ctx := context.Background()
	s, err := schema.Create(ctx, schema.TypeAvro, subject, []byte(`{"type":"record","name":"r","fields":[{"name":"v","type":"string"}]}`))
	is.NoErr(err)
	raw, err := s.Marshal(data)
	is.NoErr(err)
	r := opencdc.Record{Position: opencdc.Position(subject), Metadata: opencdc.Metadata{}, Payload: opencdc.Change{After: opencdc.RawData(raw)}}
	r.Metadata.SetPayloadSchemaSubject(s.Subject)
	r.Metadata.SetPayloadSchemaVersion(s.Version)
	return r
}

func TestDecodesPayloadsThatHaveASchema(t *testing.T) {
	is := is.New(t)
	to := &recorded{}
	plain := opencdc.Record{Payload: opencdc.Change{After: opencdc.RawData("as it is")}}
	n, err := decoding(to).Write(context.Background(), []opencdc.Record{plain, withSchema(t, "decodes", opencdc.StructuredData{"v": "x"})})
	is.NoErr(err)
	is.Equal(n, 2)
	is.Equal(to.records[0].Payload.After, opencdc.RawData("as it is"))
	is.Equal(to.records[1].Payload.After, opencdc.StructuredData{"v": "x"})
}

func TestARecordWhoseSchemaIsUnknownFailsAlone(t *testing.T) {
	is := is.New(t)
	to := &recorded{}
	bad := withSchema(t, "fails", opencdc.StructuredData{"v": "x"})
	bad.Metadata.SetPayloadSchemaVersion(99)
	good := withSchema(t, "passes", opencdc.StructuredData{"v": "y"})
	n, err := decoding(to).Write(context.Background(), []opencdc.Record{good, bad, good})
	expect.Error(t, err, `record 1 of the batch (position "fails")`)
	is.Equal(n, 1)
	is.Equal(len(to.records), 1) // nothing after the bad one
}

func TestRecordsWithoutASchemaCostNothing(t *testing.T) {
	is := is.New(t)
	d := decoding(nowhere{})
	records := make([]opencdc.Record, 100)
	for i := range records {
		records[i].Metadata = opencdc.Metadata{opencdc.MetadataCollection: "orders"}
	}
	is.Equal(testing.AllocsPerRun(10, func() { _, _ = d.Write(context.Background(), records) }), 0.0)
}
