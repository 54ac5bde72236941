package versions_test

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/matryer/is"
	"github.com/rs/zerolog"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

func guarded(t *testing.T) context.Context {
	t.Helper()
	return sides.Guarded(t, zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.WarnLevel))
}

// settings are a connector's, as in a pipeline file.
type settings map[string]string

func (s settings) with(more settings) settings {
	out := maps.Clone(s)
	maps.Copy(out, more)
	return out
}

// What the tests do with the connector's sides.
var (
	openSource = sides.OpenSource
	write      = sides.Write
)

// read reads until count records have come.
func read(ctx context.Context, src sdk.Source, count int) ([]opencdc.Record, error) {
	var out []opencdc.Record
	for len(out) < count {
		records, err := src.ReadN(ctx, count)
		if err != nil {
			return out, fmt.Errorf("after %d of %d records: %w", len(out), count, err)
		}
		out = append(out, records...)
	}
	return out, nil
}

// numbered makes records from one number to before another, spread over partitions.
func numbered(from, to, partitions int) []opencdc.Record {
	records := make([]opencdc.Record, 0, to-from)
	for i := from; i < to; i++ {
		records = append(records, opencdc.Record{
			Position:  opencdc.Position(fmt.Sprint(i)),
			Operation: opencdc.OperationCreate,
			Metadata:  opencdc.Metadata{"kafka.partition": fmt.Sprint(i % partitions), kafka.MetadataHeaderPrefix + "number": fmt.Sprint(i)},
			Key:       opencdc.RawData(fmt.Sprint("key-", i)),
			Payload:   opencdc.Change{After: opencdc.RawData(fmt.Sprint("value-", i))},
		})
	}
	return records
}

// counts counts records by their values, and checks that nothing of numbered is amiss.
func counts(t *testing.T, records []opencdc.Record) map[string]int {
	t.Helper()
	is, seen := is.New(t), make(map[string]int)
	for _, r := range records {
		number := r.Metadata[kafka.MetadataHeaderPrefix+"number"]
		is.Equal(string(r.Key.Bytes()), "key-"+number)
		is.Equal(string(r.Payload.After.Bytes()), "value-"+number)
		seen[number]++
	}
	return seen
}

// eachOnce checks that the records from one number to before another are all there is.
func eachOnce(t *testing.T, records []opencdc.Record, from, to int) {
	t.Helper()
	is, seen := is.New(t), counts(t, records)
	for i := from; i < to; i++ {
		is.Equal(seen[fmt.Sprint(i)], 1)
	}
	is.Equal(len(seen), to-from)
}
