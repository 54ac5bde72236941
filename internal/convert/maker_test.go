package convert

import (
	"context"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// makeMessage makes a message of a record with these settings.
func makeMessage(t *testing.T, settings map[string]string, r opencdc.Record) (message.Message, error) {
	t.Helper()
	is := is.New(t)
	c := configOf(t, settings)
	if settings["topic"] == "" {
		c.Topic = "t"
	}
	m, err := NewMessages(c)
	is.NoErr(err)
	batch, err := m.Convert(context.Background(), []opencdc.Record{r})
	if err != nil {
		is.Equal(len(batch.Messages), 0)
		is.True(strings.HasPrefix(err.Error(), "record 0 of the batch (position "))
		return message.Message{}, err
	}
	return batch.Messages[0], nil
}

func TestThePartitionThatMetadataSays(t *testing.T) {
	is := is.New(t)
	for value, want := range map[string]int32{"0": 0, "7": 7, "007": 7, "+7": 7, strconv.Itoa(math.MaxInt32): math.MaxInt32} {
		got, err := makeMessage(t, map[string]string{"partitioner": "metadata"}, opencdc.Record{Metadata: opencdc.Metadata{MetadataPartition: value}})
		is.NoErr(err)
		is.Equal(got.Partition, want)
	}
	got, err := makeMessage(t, map[string]string{"partitioner": "metadata", "partitionMetadata": "shard"}, opencdc.Record{Metadata: opencdc.Metadata{MetadataPartition: "1", "shard": "2"}})
	is.NoErr(err)
	is.Equal(got.Partition, int32(2))
	got, err = makeMessage(t, nil, opencdc.Record{Metadata: opencdc.Metadata{MetadataPartition: "1"}})
	is.NoErr(err)
	is.Equal(got.Partition, message.PartitionAny)
}

func TestPartitionsThatMetadataCanNotSay(t *testing.T) {
	for _, value := range []string{"", "-1", "x", "1.5", "2147483648", " 1"} {
		t.Run(value, func(t *testing.T) {
			_, err := makeMessage(t, map[string]string{"partitioner": "metadata"}, opencdc.Record{Metadata: opencdc.Metadata{MetadataPartition: value}})
			expect.Error(t, err, `metadata field "kafka.partition" (partitionMetadata) is "`+value+`"`)
			expect.Error(t, err, "0 or more")
		})
	}
	_, err := makeMessage(t, map[string]string{"partitioner": "metadata", "partitionMetadata": "shard"}, opencdc.Record{})
	expect.Error(t, err, `no metadata field "shard" (partitionMetadata)`)
}

func TestTheTimestampOfAMessage(t *testing.T) {
	record := func(createdAt string) opencdc.Record {
		return opencdc.Record{Metadata: opencdc.Metadata{opencdc.MetadataCreatedAt: createdAt}}
	}
	is := is.New(t)
	for createdAt, want := range map[string]int64{"0": 0, "999999": 0, "1700000000123000000": 1700000000123, "1700000000123999999": 1700000000123} {
		got, err := makeMessage(t, map[string]string{"timestamp": "createdAt"}, record(createdAt))
		is.NoErr(err)
		is.Equal(got.Timestamp, want)
		is.True(!got.TimestampIsNow)
	}
	for _, c := range []struct {
		timestamp string
		record    opencdc.Record
	}{{"now", record("1700000000123000000")}, {"createdAt", opencdc.Record{}}} {
		before := time.Now().UnixMilli()
		got, err := makeMessage(t, map[string]string{"timestamp": c.timestamp}, c.record)
		is.NoErr(err)
		is.True(got.Timestamp >= before && got.Timestamp <= time.Now().UnixMilli())
		is.True(got.TimestampIsNow)
	}
	for _, unfit := range []string{"", "-1", "2024-01-01T00:00:00Z", "1e9"} {
		_, err := makeMessage(t, map[string]string{"timestamp": "createdAt"}, record(unfit))
		expect.Error(t, err, `metadata field "opencdc.createdAt" is "`+unfit+`"`)
	}
}

func TestTheKeySetting(t *testing.T) {
	record := opencdc.Record{Metadata: opencdc.Metadata{"id": "7", "empty": ""}, Key: opencdc.RawData("the record's")}
	for setting, want := range map[string][]byte{
		"":                                 []byte("the record's"),
		"fixed":                            []byte("fixed"),
		`{{ index .Metadata "id" }}`:       []byte("7"),
		`{{ index .Metadata "empty" }}`:    nil,
		`{{ index .Metadata "none" }}`:     nil,
		`{{ if false }}x{{ end }}`:         nil,
		`order-{{ index .Metadata "id" }}`: []byte("order-7"),
	} {
		t.Run(setting, func(t *testing.T) {
			is := is.New(t)
			got, err := makeMessage(t, map[string]string{"key": setting}, record)
			is.NoErr(err)
			is.Equal(got.Key, want)
			// Nor has a text Kafka Connect's envelope.
			if setting != "" {
				got, err = makeMessage(t, map[string]string{"key": setting, "sdk.record.format": "debezium/json"}, opencdc.Record{Metadata: record.Metadata})
				is.NoErr(err)
				is.Equal(got.Key, want)
			}
		})
	}
}

func TestThePayloadAlone(t *testing.T) {
	for name, c := range map[string]struct {
		given opencdc.Record
		want  []byte
	}{
		"raw":                  {opencdc.Record{Payload: opencdc.Change{After: opencdc.RawData("a\xff")}}, []byte("a\xff")},
		"raw, empty":           {opencdc.Record{Payload: opencdc.Change{After: opencdc.RawData{}}}, []byte{}},
		"raw, null":            {opencdc.Record{Payload: opencdc.Change{After: opencdc.RawData(nil)}}, nil},
		"structured":           {opencdc.Record{Payload: opencdc.Change{After: opencdc.StructuredData{"b": 1, "a": []any{"x"}}}}, []byte(`{"a":["x"],"b":1}`)},
		"structured, empty":    {opencdc.Record{Payload: opencdc.Change{After: opencdc.StructuredData{}}}, []byte("{}")},
		"structured, null":     {opencdc.Record{Payload: opencdc.Change{After: opencdc.StructuredData(nil)}}, nil},
		"none":                 {opencdc.Record{}, nil},
		"none of an update":    {opencdc.Record{Operation: opencdc.OperationUpdate, Payload: opencdc.Change{Before: opencdc.RawData("x")}}, nil},
		"delete":               {opencdc.Record{Operation: opencdc.OperationDelete, Payload: opencdc.Change{Before: opencdc.RawData("x")}}, nil},
		"delete, with payload": {opencdc.Record{Operation: opencdc.OperationDelete, Payload: opencdc.Change{After: opencdc.RawData("x")}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got, err := makeMessage(t, map[string]string{"value.format": "payload"}, c.given)
			is.NoErr(err)
			is.Equal(string(got.Value), string(c.want))
			is.Equal(got.Value == nil, c.want == nil)
		})
	}
	_, err := makeMessage(t, map[string]string{"value.format": "payload"}, opencdc.Record{Payload: opencdc.Change{After: opencdc.StructuredData{"n": math.NaN()}}})
	expect.Error(t, err, "serialize the payload as JSON")
}

func TestTopicsThatAreAllowed(t *testing.T) {
	for name, topic := range map[string]string{"metadata": defaultTopic, "template": `{{ index .Metadata "opencdc.collection" | lower }}`} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			settings := map[string]string{"topic": topic, "allowedTopics": " orders , payments"}
			for range 2 {
				for _, allowed := range []string{"orders", "payments"} {
					got, err := makeMessage(t, settings, *collected(allowed))
					is.NoErr(err)
					is.Equal(got.Topic, allowed)
				}
				_, err := makeMessage(t, settings, *collected("order"))
				expect.Error(t, err, `topic "order" is not one of allowedTopics (orders, payments)`)
			}
		})
	}
}

// The headers of a batch share memory, and no record sees those of another.
func TestHeadersOfABatch(t *testing.T) {
	is := is.New(t)
	m, err := NewMessages(configOf(t, nil))
	is.NoErr(err)
	for range 2 {
		var records []opencdc.Record
		for i := range 100 {
			r := *collected("t")
			for h := range i % 4 {
				r.Metadata["kafka.header.h"+strconv.Itoa(h)] = strconv.Itoa(i)
			}
			records = append(records, r)
		}
		batch, err := m.Convert(context.Background(), records)
		is.NoErr(err)
		got := batch.Messages
		for i := range got {
			is.Equal(len(got[i].Headers), i%4)
			for h, header := range got[i].Headers {
				is.Equal(written(header), "h"+strconv.Itoa(h)+"="+strconv.Itoa(i))
			}
			is.Equal(cap(got[i].Headers), len(got[i].Headers))
		}
		batch.Release(true)
		for _, h := range m.makers[0].batchHeaders[:cap(m.makers[0].batchHeaders)] {
			is.Equal(h.Key, "")
		}
	}
}

func TestATombstoneCarriesHeaders(t *testing.T) {
	is := is.New(t)
	got, err := makeMessage(t, map[string]string{"value.format": "payload", "headers": "reason: gone"}, opencdc.Record{
		Operation: opencdc.OperationDelete, Key: opencdc.RawData("k"), Metadata: opencdc.Metadata{"kafka.header.own": "h"},
	})
	is.NoErr(err)
	is.True(got.Value == nil) // null, not empty
	is.Equal(string(got.Key), "k")
	is.Equal(len(got.Headers), 2)
}
