package convert

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

func TestTheFirstRecordOfABatchSaysWhatItsTopicIsLike(t *testing.T) {
	is := is.New(t)
	const text = `{"topic":"t"}`
	b := message.Batch{Topic: "t", TopicConfigs: text, Records: []recordbatch.Record{{Offset: 1}, {Offset: 2}}}
	before := newRecords().all(message.Batch{Topic: "t", Records: b.Records[:1]}, time.Now())
	got, room := newRecords().Append(before, b, time.Now(), math.MaxInt)
	size := 0
	for i, want := range []string{"", text, ""} {
		is.Equal(got[i].Metadata[MetadataTopicConfigs], want)
		if i > 0 {
			size += SizeOf(&got[i])
		}
	}
	is.True(math.MaxInt-room >= size) // it counts
	is.True(math.MaxInt-room <= size+200)

	decoded, _, err := newRecords().AppendDecoded(context.Background(), []opencdc.Record{}, b, time.Now(), math.MaxInt)
	is.NoErr(err)
	is.Equal(decoded[0].Metadata[MetadataTopicConfigs], text)

	got, _ = newRecords().Append(before, b, time.Now(), 1) // no room for any
	is.Equal(len(got), 1)
}
