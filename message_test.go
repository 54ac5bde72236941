package kafka

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

// recordsOf makes records of one batch of topic t, partition 3, group g.
func recordsOf(records ...recordbatch.Record) []opencdc.Record {
	b := message.Batch{Topic: "t", Partition: 3, Records: records}
	return newRecordMaker("g").append(nil, b, time.Unix(100, 7))
}

func TestARecordTellsWhereItsMessageLay(t *testing.T) {
	is := is.New(t)
	got := recordsOf(recordbatch.Record{
		Offset: 42, Timestamp: 1700000000123, Key: []byte("key"), Value: []byte("value"),
		Headers: []recordbatch.Header{{Key: "h", Value: []byte("x")}},
	})
	is.Equal(got, []opencdc.Record{{
		Position:  Position{GroupID: "g", Topic: "t", Partition: 3, Offset: 42}.Encode(),
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
	m := newRecordMaker("g")
	times := []int64{7, -1, 7, 0, 8, -1, -1}
	for first := range times {
		is := is.New(t)
		b := message.Batch{Topic: "t"}
		for _, ms := range times[first:] {
			b.Records = append(b.Records, recordbatch.Record{Timestamp: ms})
		}
		for i, r := range m.append(nil, b, time.Now()) {
			at, err := r.Metadata.GetCreatedAt()
			if ms := times[first+i]; ms < 0 {
				is.True(errors.Is(err, opencdc.ErrMetadataFieldNotFound))
			} else {
				is.NoErr(err)
				is.Equal(at.UnixMilli(), ms)
			}
		}
	}
	is.New(t).Equal(m.append(nil, message.Batch{Topic: "t"}, time.Now()), nil)
}

// Large records must not live as long as small ones, nor as the source.
func TestARecordMakerKeepsNoRecords(t *testing.T) {
	is := is.New(t)
	m := newRecordMaker("g")
	const records = 20
	var freed atomic.Int32
	var kept []opencdc.Record
	for i := range records {
		value := make([]byte, 1<<20)
		runtime.AddCleanup(&value[0], func(int) { freed.Add(1) }, 0)
		made := m.append(nil, message.Batch{Topic: "t", Records: []recordbatch.Record{{Offset: int64(i), Key: value[:1], Value: value}}}, time.Now())
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

func TestTombstonesAreDeletesIfTheyShallBe(t *testing.T) {
	is := is.New(t)
	m := newRecordMaker("g")
	m.tombstones = true
	got := m.append(nil, message.Batch{Topic: "t", Records: []recordbatch.Record{
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

	m.tombstones = false
	got = m.append(nil, message.Batch{Topic: "t", Records: []recordbatch.Record{{Key: []byte("k")}}}, time.Now())
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
		p, err := ParsePosition(position)
		is.NoErr(err)
		is.Equal(p, Position{GroupID: "g", Topic: "t", Partition: 3, Offset: int64(i) * 1_000_000_007})
		delete(got[i].Metadata, "mine")
		is.Equal(len(got[i].Metadata), 5)
	}
}

func TestBatchesOfManyPartitionsAreAppended(t *testing.T) {
	is := is.New(t)
	m := newRecordMaker("g")
	var got []opencdc.Record
	id, another := TopicID{1}, TopicID{2}
	want := []Position{
		{"g", "a", 0, id, 3, 5}, {"g", "a", 1, id, 3, 5}, {"g", "b", 0, id, -1, 5},
		{"g", "a", 0, id, 4, 9}, {"g", "b", 0, another, -1, 6}, {"g", "a", 0, id, 4, 10},
	}
	for _, p := range want {
		b := message.Batch{Topic: p.Topic, Partition: p.Partition, TopicID: p.TopicID, LeaderEpoch: p.LeaderEpoch, Records: []recordbatch.Record{{Offset: p.Offset}}}
		got = m.append(got, b, time.Now())
	}
	is.Equal(len(got), len(want))
	for i := range got {
		p, err := ParsePosition(got[i].Position)
		is.NoErr(err)
		is.Equal(p, want[i])
		is.Equal(got[i].Metadata[opencdc.MetadataCollection], want[i].Topic)
	}
}

func TestAMessageIsMadeOfEachRecordUpToOneThatFails(t *testing.T) {
	is := is.New(t)
	c, err := ParseDestination(changed(goodDestination, map[string]string{"sdk.record.format": "template", "sdk.record.format.options": `{{ printf "%s" .Payload.After }}!`}))
	is.NoErr(err)
	m, err := newBatchMaker(&c)
	is.NoErr(err)
	record := func(topic, key, value string) opencdc.Record {
		return opencdc.Record{
			Position: opencdc.Position("at " + value), Metadata: opencdc.Metadata{opencdc.MetadataCollection: topic},
			Key: opencdc.RawData(key), Payload: opencdc.Change{After: opencdc.RawData(value)},
		}
	}
	before := time.Now().UnixMilli()
	got, err := m.make([]opencdc.Record{record("a", "k1", "v1"), record("b", "k2", "v2"), record("", "k3", "v3"), record("a", "k4", "v4")})
	is.True(err != nil)
	is.True(strings.Contains(err.Error(), `record 2 of the batch (position "at v3")`))
	is.Equal(len(got), 2)
	for i, want := range []message.Message{
		{Topic: "a", TimestampIsNow: true, Record: recordbatch.Record{Key: []byte("k1"), Value: []byte("v1!")}},
		{Topic: "b", TimestampIsNow: true, Record: recordbatch.Record{Key: []byte("k2"), Value: []byte("v2!")}},
	} {
		sent := got[i]
		is.True(sent.Timestamp >= before && sent.Timestamp <= time.Now().UnixMilli()) // now, in ms
		want.Timestamp, want.Partition, want.Position = sent.Timestamp, message.PartitionAny, []byte("at "+strings.TrimSuffix(string(want.Value), "!"))
		is.Equal(sent, want)
	}
}

func TestWhatCanBeUnfitAboutARecord(t *testing.T) {
	c, err := ParseDestination(changed(goodDestination, nil))
	is.New(t).NoErr(err)
	m, err := newBatchMaker(&c)
	is.New(t).NoErr(err)
	unfit := opencdc.StructuredData{"n": math.NaN()}
	for says, r := range map[string]opencdc.Record{
		"find the topic":       {},
		"serialize the key":    {Metadata: collected("t").Metadata, Key: unfit},
		"serialize the record": {Metadata: collected("t").Metadata, Payload: opencdc.Change{After: unfit}},
	} {
		is := is.New(t)
		got, err := m.make([]opencdc.Record{r})
		is.Equal(len(got), 0)
		is.True(err != nil && strings.Contains(err.Error(), says))
	}
}
