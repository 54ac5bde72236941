package fetch

import (
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

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
