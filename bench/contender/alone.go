package main

import (
	"context"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/payload"
)

// recordMaker makes Conduit's records of messages that lie ready in memory, without a
// Kafka: no client of any kind can cost less than that and return such records. It does so
// in the cheapest way that is known: the position of each record in memory that a whole
// call shares, its metadata as a copy of a map in which the offset is set, its value as
// data that was made before.
type recordMaker struct {
	values   []opencdc.Data
	template opencdc.Metadata
	offset   int64
}

func openRecordMaker(o options) reader {
	m := &recordMaker{template: opencdc.Metadata{
		opencdc.MetadataCollection: o.topic,
		opencdc.MetadataReadAt:     strconv.FormatInt(time.Now().UnixNano(), 10),
		opencdc.MetadataCreatedAt:  strconv.FormatInt(time.Now().UnixNano(), 10),
		"kafka.partition":          "0",
		"kafka.offset":             "",
	}}
	for i := range franzRecords {
		m.values = append(m.values, opencdc.RawData(payload.Value(i, o.size)))
	}
	return m
}

func (m *recordMaker) api() string { return "none" }

func (m *recordMaker) next(_ context.Context, _ int, visit func([]byte)) (int, int64, error) {
	size := int64(0)
	for _, r := range m.make() {
		value := r.Payload.After.Bytes()
		size += int64(len(value))
		if visit != nil {
			visit(value)
		}
	}
	return len(m.values), size, nil
}

// make makes one record of each value.
func (m *recordMaker) make() []opencdc.Record {
	const prefix, longest = `{"groupID":"bench","topic":"t","partition":0,"offset":`, 20
	records := make([]opencdc.Record, 0, len(m.values))
	positions := make([]byte, 0, len(m.values)*(len(prefix)+longest+1))
	var offsets strings.Builder
	offsets.Grow(len(m.values) * longest)
	for _, value := range m.values {
		var digits [longest]byte
		start := offsets.Len()
		offsets.Write(strconv.AppendInt(digits[:0], m.offset, 10))
		offset := offsets.String()[start:]
		m.offset++

		start = len(positions)
		positions = append(append(append(positions, prefix...), offset...), '}')
		metadata := maps.Clone(m.template)
		metadata["kafka.offset"] = offset
		records = append(records, opencdc.Record{
			Position:  positions[start:len(positions):len(positions)],
			Operation: opencdc.OperationCreate,
			Metadata:  metadata,
			Payload:   opencdc.Change{After: value},
		})
	}
	return records
}

func (m *recordMaker) ackRest(context.Context) error { return nil }

func (m *recordMaker) close(context.Context) error { return nil }
