package convert

import (
	"bytes"
	"errors"
	"math"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// all makes records of a whole batch.
func (m *Records) all(b message.Batch, readAt time.Time) []opencdc.Record {
	records, _ := m.Append(nil, b, readAt, math.MaxInt)
	return records
}

// recordsOf makes records of one batch of topic t, partition 3, group g.
func recordsOf(records ...recordbatch.Record) []opencdc.Record {
	b := message.Batch{Topic: "t", Partition: 3, Records: records}
	return newRecords().all(b, time.Unix(100, 7))
}

func TestARecordTellsWhereItsMessageLay(t *testing.T) {
	is := is.New(t)
	got := recordsOf(recordbatch.Record{
		Offset: 42, Timestamp: 1700000000123, Key: []byte("key"), Value: []byte("value"),
		Headers: []recordbatch.Header{{Key: "h", Value: []byte("x")}},
	})
	is.Equal(got, []opencdc.Record{{
		Position:  opencdc.Position(positionOf(message.Batch{Topic: "t", Partition: 3}, 42)),
		Operation: opencdc.OperationCreate,
		Metadata: opencdc.Metadata{
			"opencdc.collection": "t",
			"opencdc.createdAt":  "1700000000123000000",
			"opencdc.readAt":     "100000000007",
			"kafka.partition":    "3",
			"kafka.offset":       "42",
			"kafka.header.h":     "x",
		},
		Key:     opencdc.RawData("key"),
		Payload: opencdc.Change{After: opencdc.RawData("value")},
	}})
}

func TestTheTimesOfARecord(t *testing.T) {
	for name, ms := range map[string]int64{"the epoch": 0, "a millisecond": 1, "now": time.Now().UnixMilli()} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			metadata := recordsOf(recordbatch.Record{Timestamp: ms})[0].Metadata
			created, err := metadata.GetCreatedAt()
			is.NoErr(err)
			is.Equal(created.UnixNano(), ms*1_000_000)
			read, err := metadata.GetReadAt()
			is.NoErr(err)
			is.Equal(read.UnixNano(), time.Unix(100, 7).UnixNano())
		})
	}
	t.Run("none", func(t *testing.T) {
		is := is.New(t)
		_, ok := recordsOf(recordbatch.Record{Timestamp: -1})[0].Metadata[opencdc.MetadataCreatedAt]
		is.True(!ok)
	})
}

func TestNullAndEmptyAreDifferent(t *testing.T) {
	is := is.New(t)
	got := recordsOf(recordbatch.Record{}, recordbatch.Record{Key: []byte{}, Value: []byte{}})
	for i, null := range []bool{true, false} {
		for _, data := range []opencdc.Data{got[i].Key, got[i].Payload.After} {
			raw, ok := data.(opencdc.RawData)
			is.True(ok)
			is.Equal(len(raw), 0)
			is.Equal(raw == nil, null)
		}
		is.Equal(got[i].Payload.Before, nil)
	}
}

func TestEachRecordHasItsOwnTime(t *testing.T) {
	m := newRecords()
	times := []int64{7, -1, 7, 0, 8, -1, -1}
	for first := range times {
		is := is.New(t)
		b := message.Batch{Topic: "t"}
		for _, ms := range times[first:] {
			b.Records = append(b.Records, recordbatch.Record{Timestamp: ms})
		}
		for i, r := range m.all(b, time.Now()) {
			at, err := r.Metadata.GetCreatedAt()
			if ms := times[first+i]; ms < 0 {
				is.True(errors.Is(err, opencdc.ErrMetadataFieldNotFound))
			} else {
				is.NoErr(err)
				is.Equal(at.UnixMilli(), ms)
			}
		}
	}
	is.New(t).Equal(m.all(message.Batch{Topic: "t"}, time.Now()), nil)
}

// Large records must not live as long as small ones, nor as the source.
func TestARecordMakerKeepsNoRecords(t *testing.T) {
	is := is.New(t)
	m := newRecords()
	const records = 20
	var freed atomic.Int32
	var kept []opencdc.Record
	for i := range records {
		value := make([]byte, 1<<20)
		runtime.AddCleanup(&value[0], func(int) { freed.Add(1) }, 0)
		made := m.all(message.Batch{Topic: "t", Records: []recordbatch.Record{{Offset: int64(i), Key: value[:1], Value: value}}}, time.Now())
		if i == 0 {
			kept = made
		}
	}
	for deadline := time.Now().Add(time.Minute); freed.Load() < records-1 && time.Now().Before(deadline); {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	is.Equal(freed.Load(), int32(records-1))
	runtime.KeepAlive(m)
	runtime.KeepAlive(kept)
}

func TestTombstonesAreDeletesWithTheSetting(t *testing.T) {
	is := is.New(t)
	m := NewRecords(true, prefixOf)
	got := m.all(message.Batch{Topic: "t", Records: []recordbatch.Record{
		{Offset: 5, Key: []byte("k")}, {Offset: 6, Key: []byte("k"), Value: []byte{}}, {Offset: 7},
	}}, time.Now())
	is.Equal(got[0].Operation, opencdc.OperationDelete)
	is.Equal(got[0].Key, opencdc.RawData("k"))
	is.Equal(got[0].Payload, opencdc.Change{})
	is.Equal(got[0].Metadata[MetadataOffset], "5")
	is.Equal(got[1].Operation, opencdc.OperationCreate) // empty is not null
	is.Equal(got[1].Payload.After, opencdc.RawData{})
	is.Equal(got[2].Operation, opencdc.OperationDelete)
	is.Equal(got[2].Key, opencdc.RawData(nil))

	got = newRecords().all(message.Batch{Topic: "t", Records: []recordbatch.Record{{Key: []byte("k")}}}, time.Now())
	is.Equal(got[0].Operation, opencdc.OperationCreate)
	is.Equal(got[0].Payload.After, opencdc.RawData(nil))
}

func TestHeadersBecomeMetadata(t *testing.T) {
	header := func(key, value string) recordbatch.Header {
		return recordbatch.Header{Key: key, Value: []byte(value)}
	}
	for name, c := range map[string]struct {
		given []recordbatch.Header
		want  map[string]string
	}{
		"none":             {nil, map[string]string{}},
		"different keys":   {[]recordbatch.Header{header("a", "1"), header("b", "2")}, map[string]string{"a": "1", "b": "2"}},
		"empty key":        {[]recordbatch.Header{header("", "1")}, map[string]string{"": "1"}},
		"null and empty":   {[]recordbatch.Header{{Key: "a"}, header("b", "")}, map[string]string{"a": "", "b": ""}},
		"key case matters": {[]recordbatch.Header{header("a", "1"), header("A", "2")}, map[string]string{"a": "1", "A": "2"}},
		"a repeated key": {
			[]recordbatch.Header{header("a", "1"), header("b", "2"), header("a", "3"), header("a", "4")},
			map[string]string{"a": "4", "a[0]": "1", "a[1]": "3", "a[2]": "4", "b": "2"},
		},
		"one value twice": {
			[]recordbatch.Header{header("a", "1"), header("a", "1")},
			map[string]string{"a": "1", "a[0]": "1", "a[1]": "1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got := make(map[string]string)
			for k, v := range recordsOf(recordbatch.Record{Headers: c.given})[0].Metadata {
				if key, ok := strings.CutPrefix(k, "kafka.header."); ok {
					got[key] = v
				}
			}
			is.Equal(got, c.want)
		})
	}
}

func TestRecordsOfABatchDoNotShareMemory(t *testing.T) {
	is := is.New(t)
	records := make([]recordbatch.Record, 100)
	for i := range records {
		records[i].Offset = int64(i) * 1_000_000_007 // of growing length
	}
	got := recordsOf(records...)
	for i := range got { // as middleware might
		got[i].Position = append(got[i].Position, "changed"...)
		got[i].Metadata["mine"] = "changed"
	}
	for i := range got {
		position, ok := bytes.CutSuffix(got[i].Position, []byte("changed"))
		is.True(ok)
		is.Equal(string(position), positionOf(message.Batch{Topic: "t", Partition: 3}, int64(i)*1_000_000_007))
		delete(got[i].Metadata, "mine")
		is.Equal(len(got[i].Metadata), 5)
	}
}

func TestBatchesOfManyPartitionsAreAppended(t *testing.T) {
	is := is.New(t)
	m := newRecords()
	var got []opencdc.Record
	id, another := [16]byte{1}, [16]byte{2}
	want := []struct {
		topic     string
		partition int32
		id        [16]byte
		epoch     int32
		offset    int64
	}{
		{"a", 0, id, 3, 5}, {"a", 1, id, 3, 5}, {"b", 0, id, -1, 5},
		{"a", 0, id, 4, 9}, {"b", 0, another, -1, 6}, {"a", 0, id, 4, 10},
	}
	for _, p := range want {
		b := message.Batch{Topic: p.topic, Partition: p.partition, TopicID: p.id, LeaderEpoch: p.epoch, Records: []recordbatch.Record{{Offset: p.offset}}}
		got = append(got, m.all(b, time.Now())...)
	}
	is.Equal(len(got), len(want))
	for i := range got {
		p := want[i]
		is.Equal(string(got[i].Position), positionOf(message.Batch{Topic: p.topic, Partition: p.partition, TopicID: p.id, LeaderEpoch: p.epoch}, p.offset))
		is.Equal(got[i].Metadata[opencdc.MetadataCollection], p.topic)
	}
}

func TestRecordsOutliveTheMemoryOfTheirBatch(t *testing.T) {
	is := is.New(t)
	memory := []recordbatch.Record{{
		Offset: 42, Key: []byte("key"), Value: []byte("value"),
		Headers: []recordbatch.Header{{Key: "h", Value: []byte("x")}},
	}}
	b := message.Batch{Topic: "t", Partition: 3, Records: memory, Memory: memory}
	got, want := recordsOf(memory...), recordsOf(memory...)
	b.Release()
	memory[0] = recordbatch.Record{Offset: 43, Key: []byte("other"), Value: []byte("other")} // as the next batch does
	is.Equal(got, want)
}
