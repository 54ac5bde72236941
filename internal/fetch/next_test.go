package fetch

import (
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

func TestPartsOfABatchHaveTheirOwnSize(t *testing.T) {
	is := is.New(t)
	b := message.Batch{Records: []recordbatch.Record{
		{Key: []byte("k"), Value: []byte("value")},
		{Value: []byte("v"), Headers: []recordbatch.Header{{Key: "name", Value: []byte("x")}}},
		{Value: make([]byte, 100)},
	}}
	b.Size, _ = measure(b.Records)
	f := &Fetcher{ready: []decoded{{Batch: b, p: &partition{}}}}
	for _, want := range []int{6, 6, 100} {
		is.Equal(f.take(1)[0].Size, want)
	}
}

func TestTheLastPartOfABatchHasItsMemory(t *testing.T) {
	is := is.New(t)
	records := make([]recordbatch.Record, 3)
	f := &Fetcher{ready: []decoded{{Batch: message.Batch{Records: records, Memory: records}, p: &partition{}}}}
	is.Equal(f.take(1)[0].Memory, nil) // the others lie there, too
	is.Equal(f.take(1)[0].Memory, nil)
	last := f.take(1)[0]
	is.Equal(len(last.Memory), 3)
	is.Equal(&last.Memory[2], &last.Records[0])
}
