package convert

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// sharedBatch is a batch maker that shares its work whatever the machine.
func sharedBatch(t *testing.T, settings map[string]string, shares int) *Messages {
	t.Helper()
	is := is.New(t)
	b := new(Messages)
	for range shares {
		m, err := newMessageMaker(configOf(t, settings))
		is.NoErr(err)
		b.makers = append(b.makers, m)
	}
	return b
}

func withHeaders(n int) []opencdc.Record {
	records := make([]opencdc.Record, n)
	for i := range records {
		records[i] = *collected("t")
		records[i].Position = fmt.Append(nil, i)
		records[i].Key = opencdc.RawData(fmt.Append(nil, "key-", i))
		records[i].Payload.After = opencdc.RawData(fmt.Append(nil, "value-", i))
		records[i].Metadata[MetadataHeaderPrefix+"h"] = fmt.Sprint("header-", i)
	}
	return records
}

func TestSharedBatchesAreThoseOfOneGoroutine(t *testing.T) {
	settings := map[string]string{"timestamp": "createdAt", "headers": `own: {{ index .Metadata "kafka.header.h" }}`}
	alone, shared := sharedBatch(t, settings, 1), sharedBatch(t, settings, 3)
	for _, n := range []int{0, 1, 2, 3, 4, 100, 4001, 1, 5} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			is := is.New(t)
			records := withHeaders(n)
			for i := range records {
				records[i].Metadata[opencdc.MetadataCreatedAt] = fmt.Sprint(i * 1_000_000)
			}
			want, err := alone.Convert(context.Background(), records)
			is.NoErr(err)
			shared.perRecord = minShare
			got, err := shared.Convert(context.Background(), records)
			is.NoErr(err)
			is.Equal(len(got.Messages), n)
			is.Equal(got.Messages, want.Messages)
			want.Release(true)
			got.Release(true)
			for _, b := range []*Messages{alone, shared} {
				for _, m := range b.batch[:cap(b.batch)] {
					is.Equal(m, message.Message{})
				}
			}
		})
	}
}

func TestTheFirstRecordThatFailsEndsASharedBatch(t *testing.T) {
	const n = 400
	b := sharedBatch(t, nil, 4)
	for _, unfit := range [][]int{{0}, {99, n - 1}, {100, 200}, {307}, {n - 1}} {
		t.Run(fmt.Sprint(unfit), func(t *testing.T) {
			is := is.New(t)
			records := withHeaders(n)
			for _, i := range unfit {
				delete(records[i].Metadata, opencdc.MetadataCollection)
			}
			b.perRecord = minShare
			batch, err := b.Convert(context.Background(), records)
			got := batch.Messages
			is.True(err != nil)
			is.True(strings.HasPrefix(err.Error(), fmt.Sprintf("record %d of the batch (position \"%[1]d\"): find the topic", unfit[0])))
			is.Equal(len(got), unfit[0])
			for i, m := range got {
				is.Equal(string(m.Key), fmt.Sprint("key-", i))
			}
			batch.Release(true)
			for _, m := range b.batch[:cap(b.batch)] {
				is.Equal(m, message.Message{})
			}
		})
	}
}

func TestBatchesAreSharedWhereThereIsWork(t *testing.T) {
	is := is.New(t)
	b := sharedBatch(t, nil, 4)
	is.Equal(b.shares(1_000_000), 1) // what a record takes isn't known
	for _, c := range []struct {
		perRecord       time.Duration
		records, shares int
	}{
		{time.Microsecond, 0, 1}, {time.Microsecond, 199, 1}, {time.Microsecond, 200, 2}, {time.Microsecond, 399, 3}, {time.Microsecond, 10_000, 4},
		{time.Second, 1, 1}, {time.Second, 2, 2}, {time.Second, 1000, 4},
	} {
		b.perRecord = c.perRecord
		is.Equal(b.shares(c.records), c.shares)
	}
	b.perRecord = 0
	_, err := b.Convert(context.Background(), withHeaders(10))
	is.NoErr(err)
	is.True(b.perRecord > 0)
}

func TestAMessageIsMadeOfEachRecordUpToOneThatFails(t *testing.T) {
	is := is.New(t)
	m, err := NewMessages(configOf(t, map[string]string{"sdk.record.format": "template", "sdk.record.format.options": `{{ printf "%s" .Payload.After }}!`}))
	is.NoErr(err)
	record := func(topic, key, value string) opencdc.Record {
		return opencdc.Record{
			Position: opencdc.Position("at " + value), Metadata: opencdc.Metadata{opencdc.MetadataCollection: topic},
			Key: opencdc.RawData(key), Payload: opencdc.Change{After: opencdc.RawData(value)},
		}
	}
	before := time.Now().UnixMilli()
	batch, err := m.Convert(context.Background(), []opencdc.Record{record("a", "k1", "v1"), record("b", "k2", "v2"), record("", "k3", "v3"), record("a", "k4", "v4")})
	is.True(err != nil)
	got := batch.Messages
	expect.Error(t, err, `record 2 of the batch (position "at v3")`)
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

func TestRecordsThatCanNotBecomeMessages(t *testing.T) {
	m, err := NewMessages(configOf(t, nil))
	is.New(t).NoErr(err)
	unfit := opencdc.StructuredData{"n": math.NaN()}
	for says, r := range map[string]opencdc.Record{
		"find the topic":       {},
		"serialize the key":    {Metadata: collected("t").Metadata, Key: unfit},
		"serialize the record": {Metadata: collected("t").Metadata, Payload: opencdc.Change{After: unfit}},
	} {
		is := is.New(t)
		got, err := m.Convert(context.Background(), []opencdc.Record{r})
		is.Equal(len(got.Messages), 0)
		expect.Error(t, err, says)
	}
}
