package kafka

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// sharedBatch is a batch maker that shares its work whatever the machine.
func sharedBatch(t *testing.T, settings map[string]string, shares int) *batchMaker {
	t.Helper()
	is := is.New(t)
	c, err := ParseDestination(changed(goodDestination, settings))
	is.NoErr(err)
	b := new(batchMaker)
	for range shares {
		m, err := newMessageMaker(&c)
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
			want, err := alone.make(records)
			is.NoErr(err)
			shared.perRecord = minShare
			got, err := shared.make(records)
			is.NoErr(err)
			is.Equal(len(got), n)
			is.Equal(got, want)
			for _, b := range []*batchMaker{alone, shared} {
				b.release(true)
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
			got, err := b.make(records)
			is.True(err != nil)
			is.True(strings.HasPrefix(err.Error(), fmt.Sprintf("record %d of the batch (position \"%[1]d\"): find the topic", unfit[0])))
			is.Equal(len(got), unfit[0])
			for i, m := range got {
				is.Equal(string(m.Key), fmt.Sprint("key-", i))
			}
			b.release(true)
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
	_, err := b.make(withHeaders(10))
	is.NoErr(err)
	is.True(b.perRecord > 0)
}
