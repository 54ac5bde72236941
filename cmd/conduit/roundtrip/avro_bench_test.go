package main

import (
	"fmt"
	"testing"

	"github.com/conduitio/conduit-commons/config"
	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-processor-sdk"
	"github.com/conduitio/conduit/pkg/foundation/log"
	"github.com/conduitio/conduit/pkg/plugin/processor/builtin/impl/avro"
	"github.com/conduitio/conduit/pkg/schemaregistry"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
)

// Conduit's processors with the records of BenchmarkSchemas in internal/convert: ten texts.
func BenchmarkAvroProcessors(b *testing.B) {
	is := is.New(b)
	r := srfake.New()
	defer r.Close()
	client, err := schemaregistry.NewClient(log.Nop(), sr.URLs(r.URL()))
	is.NoErr(err)
	encode, decode := avro.NewEncodeProcessor(log.Nop()), avro.NewDecodeProcessor(log.Nop())
	encode.SetSchemaRegistry(client)
	decode.SetSchemaRegistry(client)
	is.NoErr(encode.Configure(b.Context(), config.Config{"field": ".Payload.After", "schema.strategy": "autoRegister", "schema.autoRegister.subject": "orders-value"}))
	is.NoErr(decode.Configure(b.Context(), config.Config{"field": ".Payload.After"}))
	is.NoErr(encode.Open(b.Context()))
	is.NoErr(decode.Open(b.Context()))

	fields := opencdc.StructuredData{}
	for i := range 10 {
		fields[fmt.Sprint("field", i)] = "a value"
	}
	structured := make([]opencdc.Record, 1000)
	for i := range structured {
		structured[i] = opencdc.Record{Metadata: opencdc.Metadata{}, Payload: opencdc.Change{After: fields}}
	}
	raw := make([]opencdc.Record, len(structured))
	for i, p := range encode.Process(b.Context(), structured) {
		raw[i] = opencdc.Record(p.(sdk.SingleRecord))
	}
	for _, c := range []struct {
		name    string
		process sdk.Processor
		records []opencdc.Record
	}{{"avro.decode", decode, raw}, {"avro.encode", encode, structured}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				out := c.process.Process(b.Context(), c.records)
				if _, ok := out[len(out)-1].(sdk.SingleRecord); !ok || len(out) != len(c.records) {
					b.Fatal(out[len(out)-1])
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(c.records)), "ns/record")
		})
	}
}
