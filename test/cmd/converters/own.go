package main

import (
	"context"
	"fmt"
	"math"
	"strings"
	"syscall"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/conduitio/conduit-connector-kafka/internal/convert"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/registry"
)

// batchSize is how many records are decoded or encoded at once.
const batchSize = 1000

// ownFormats are the connector's side. It registers their schemas, each under a subject of
// its own.
func ownFormats(ctx context.Context, url string) ([]contender, error) {
	schemas, err := sr.NewClient(sr.URLs(url))
	if err != nil {
		return nil, err
	}
	fields := func(each, separator string) string {
		all := make([]string, 10)
		for i := range all {
			all[i] = strings.NewReplacer("NAME", fmt.Sprint("field", i), "NUMBER", fmt.Sprint(i+1)).Replace(each)
		}
		return strings.Join(all, separator)
	}
	var out []contender
	for _, f := range []struct {
		format string
		schema sr.Schema
	}{
		{"connect-json", sr.Schema{}}, // in each record
		{"avro", sr.Schema{Schema: `{"type":"record","name":"Order","fields":[` + fields(`{"name":"NAME","type":"string"}`, ",") + `]}`}},
		{"protobuf", sr.Schema{Type: sr.TypeProtobuf, Schema: `syntax = "proto3"; message Order {` + fields("string NAME = NUMBER;", "") + `}`}},
		{"json-schema", sr.Schema{Type: sr.TypeJSON, Schema: `{"type":"object","properties":{` + fields(`"NAME":{"type":"string"}`, ",") + `}}`}},
	} {
		topic := "own-" + f.format
		if f.schema.Schema != "" {
			if _, err := schemas.RegisterSchema(ctx, topic+"-value", f.schema, -1, -1); err != nil {
				return nil, err
			}
		}
		out = append(out, contender{f.format, func(ctx context.Context, d time.Duration) (rate, error) {
			return measureOwn(ctx, d, url, topic, f.format)
		}})
	}
	return out, nil
}

// measureOwn encodes and decodes as a destination and a source do.
func measureOwn(ctx context.Context, d time.Duration, url, topic, format string) (r rate, err error) {
	client, err := registry.New(registry.Config{URLs: []string{url}, Timeout: 10 * time.Second, Warn: func(string, error) {}})
	if err != nil {
		return r, err
	}
	messages, err := convert.NewMessages(convert.Config{Topic: topic, Partitioner: "murmur2", ValueFormat: format, Timestamp: "now", Registry: client})
	if err != nil {
		return r, err
	}
	decoding, err := convert.NewDecoding(convert.DecodeConfig{KeyDecode: "none", ValueDecode: format, DecodeOnError: "fail", Schemas: client})
	if err != nil {
		return r, err
	}
	records := convert.NewRecords(false, func(*message.Batch) convert.PositionPrefix { return convert.PositionPrefix(`{"offset":`) })
	records.Decode(decoding)

	value := make(opencdc.StructuredData)
	for i := range 10 {
		value[fmt.Sprint("field", i)] = "a value"
	}
	one, err := messages.Convert(ctx, []opencdc.Record{{Operation: opencdc.OperationCreate, Payload: opencdc.Change{After: value}}})
	if err != nil {
		return r, err
	}
	batch := message.Batch{Topic: topic}
	for i := range batchSize {
		batch.Records = append(batch.Records, recordbatch.Record{Offset: int64(i), Value: one.Messages[0].Value})
	}
	decoded, _, err := records.AppendDecoded(ctx, nil, batch, time.Now(), math.MaxInt)
	if err != nil {
		return r, err
	}
	decode := func() error {
		_, _, err := records.AppendDecoded(ctx, nil, batch, time.Now(), math.MaxInt)
		return err
	}
	encode := func() error {
		converted, err := messages.Convert(ctx, decoded)
		converted.Release(err == nil)
		return err
	}
	if r.decode, err = perSecond(d, decode); err != nil {
		return r, err
	}
	r.encode, err = perSecond(d, encode)
	return r, err
}

// perSecond does something with a batch again and again, until the process has taken as much
// of processors, and returns how many records that is in a second of one.
func perSecond(d time.Duration, do func() error) (float64, error) {
	began := processorTime()
	for n := 1; ; n++ {
		if err := do(); err != nil {
			return 0, err
		}
		if took := processorTime() - began; took >= d {
			return float64(n*batchSize) / took.Seconds(), nil
		}
	}
}

// processorTime is what this process has taken of processors, with its garbage collector.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // of itself it can't fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
