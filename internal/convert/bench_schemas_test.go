package convert

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// Records of ten fields, about 200 bytes as JSON: encoded, and decoded again.
func BenchmarkSchemas(b *testing.B) {
	avro, proto, properties := "", "", ""
	fields := make(map[string]any)
	for i := range 10 {
		name := fmt.Sprint("field", i)
		separator := map[bool]string{true: ","}[i > 0]
		avro += separator + `{"name":"` + name + `","type":"string"}`
		properties += separator + `"` + name + `":{"type":"string"}`
		proto += fmt.Sprintf("string %s = %d;", name, i+1)
		fields[name] = "a value"
	}
	for format, schema := range map[string]sr.Schema{
		formatConnectJSON: {}, // in each record
		formatAvro:        {Schema: `{"type":"record","name":"r","fields":[` + avro + `]}`},
		formatProtobuf:    {Schema: `syntax = "proto3"; message R {` + proto + `}`, Type: sr.TypeProtobuf},
		formatJSONSchema:  {Schema: `{"type":"object","properties":{` + properties + `}}`, Type: sr.TypeJSON},
	} {
		is := is.New(b)
		r := srfake.New()
		b.Cleanup(r.Close)
		if schema.Schema != "" {
			r.SeedSchema("orders-value", 1, 7, schema)
		}
		m := encoding(b, r, map[string]string{"value.format": format})
		one, err := encodeOne(b, m, opencdc.StructuredData(fields))
		is.NoErr(err)
		batch := message.Batch{Topic: "orders"}
		for i := range 1000 {
			batch.Records = append(batch.Records, recordbatch.Record{Offset: int64(i), Value: one.Value})
		}
		d, err := NewDecoding(DecodeConfig{ValueDecode: format, DecodeOnError: onErrorFail, Schemas: clientOf(b, r)})
		is.NoErr(err)
		records := newRecords()
		records.Decode(d)
		decoded, _, err := records.AppendDecoded(context.Background(), nil, batch, time.Now(), math.MaxInt)
		is.NoErr(err)
		b.Run(format+", decode", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := records.AppendDecoded(context.Background(), nil, batch, time.Now(), math.MaxInt); err != nil {
					b.Fatal(err)
				}
			}
			nsPerRecord(b)
		})
		b.Run(format+", encode", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				converted, err := m.Convert(context.Background(), decoded)
				if err != nil {
					b.Fatal(err)
				}
				converted.Release(true)
			}
			nsPerRecord(b)
		})
	}
}
