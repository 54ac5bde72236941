package convert

import (
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestRecordsSayMoreOfThemselvesWhereThatIsAskedFor(t *testing.T) {
	all := []string{MetadataTimestampType, MetadataLeaderEpoch, MetadataKeySize, MetadataValueSize}
	batch := func(typ recordbatch.TimestampType, epoch int32) message.Batch {
		return message.Batch{Topic: "t", LeaderEpoch: epoch, TimestampType: typ, Records: []recordbatch.Record{
			{Offset: 1, Key: []byte("key"), Value: []byte("value")}, {Offset: 2, Headers: []recordbatch.Header{header("a", "1")}},
		}}
	}
	for name, c := range map[string]struct {
		list  []string
		batch message.Batch
		want  [2]map[string]string
	}{
		"nothing":        {nil, batch(recordbatch.CreateTime, 3), [2]map[string]string{{}, {}}},
		"all":            {[]string{"timestampType", " leaderEpoch", "size"}, batch(recordbatch.LogAppendTime, 3), [2]map[string]string{{MetadataTimestampType: "LogAppendTime", MetadataLeaderEpoch: "3", MetadataKeySize: "3", MetadataValueSize: "5"}, {MetadataTimestampType: "LogAppendTime", MetadataLeaderEpoch: "3", MetadataKeySize: "0", MetadataValueSize: "0"}}},
		"one":            {[]string{"timestampType"}, batch(recordbatch.CreateTime, 3), [2]map[string]string{{MetadataTimestampType: "CreateTime"}, {MetadataTimestampType: "CreateTime"}}},
		"an old format":  {[]string{"timestampType", "leaderEpoch"}, batch(recordbatch.TimestampTypeUnknown, -1), [2]map[string]string{{}, {}}},
		"sizes, no more": {[]string{"size"}, batch(recordbatch.CreateTime, 3), [2]map[string]string{{MetadataKeySize: "3", MetadataValueSize: "5"}, {MetadataKeySize: "0", MetadataValueSize: "0"}}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			extras, err := ParseExtras(c.list)
			is.NoErr(err)
			m := NewRecords(false, func(*message.Batch) PositionPrefix { return PositionPrefix(`{"offset":`) })
			m.Add(extras)
			got, room := m.Append(nil, c.batch, time.Now(), 1<<20)
			is.Equal(len(got), 2)
			used := 1<<20 - room
			is.True(used >= SizeOf(&got[0])+SizeOf(&got[1])) // the limit of what ReadN returns counts them
			for i, want := range c.want {
				said := make(map[string]string)
				for _, field := range all {
					if value, ok := got[i].Metadata[field]; ok {
						said[field] = value
					}
				}
				is.Equal(said, want)
			}
			is.Equal(got[0].Operation, opencdc.OperationCreate)
		})
	}
	_, err := ParseExtras([]string{"size", "sizes"})
	expect.Error(t, err, `metadata: "sizes" is unknown: timestampType, leaderEpoch, size`)
}
