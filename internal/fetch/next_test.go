package fetch

import (
	"context"
	"encoding/binary"
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

// Who has left takes nothing: what comes later is the decoder's, with no hurry.
func TestNextWaitsNoMoreAfterItsContext(t *testing.T) {
	is := is.New(t)
	f := newFetcher(nil, Config{})
	defer f.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.Next(ctx, 1)
	is.Equal(err, context.Canceled)
	is.True(!f.waits)
}

// A few bytes may hold a lot: the loop, which has a broker to serve, leaves that to the decoder.
func TestALoopLeavesToTheDecoderWhatTakesMuchMemory(t *testing.T) {
	is := is.New(t)
	few, much := compressedAt(0, 1, 10), compressedAt(1, 10, 100_000)
	f := newFetcher(nil, Config{MaxBuffered: 4 << 20})
	defer f.Close()
	p := &partition{TopicPartition: message.TopicPartition{Topic: topic}, pending: 1}
	sets := []fetched{{asked: p.ask(), set: append(few, much...)}}
	is.True(len(sets[0].set) <= maxPrompt)
	f.waits = true
	decoder := make(chan []fetched, 1)
	var r recordbatch.Reader
	is.True(f.hand(&r, sets, decoder))
	is.Equal(len(f.ready), 1) // the first batch
	is.Equal(p.pending, 1)

	close(decoder)
	f.wg.Add(1)
	f.decode(decoder)
	is.Equal(len(f.ready), 2)
	is.Equal(len(f.ready[1].Records), 10)
	is.Equal(f.ready[1].Next, int64(11))
	is.Equal(p.pending, 0)
}

// compressedAt is a batch of records with values of a size, from an offset on.
func compressedAt(offset, records, size int) []byte {
	set := zeros(recordbatch.Gzip, records, size)
	binary.BigEndian.PutUint64(set, uint64(offset))
	return set
}
