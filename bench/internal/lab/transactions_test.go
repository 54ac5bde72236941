package lab

import (
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

func TestCountCommitted_leaves_out_aborted_records_and_the_ends_of_transactions(t *testing.T) {
	is := is.New(t)
	l, client := open(t)
	topic, err := l.Fresh(t.Context(), result.Cell{Size: 100, Partitions: 3})
	is.NoErr(err)
	n, err := l.CountCommitted(t.Context(), topic)
	is.NoErr(err)
	is.Equal(n, int64(0))

	record := func(partition int32) *kgo.Record {
		return &kgo.Record{Topic: topic, Partition: partition, Value: []byte("x")}
	}
	is.NoErr(client.ProduceCommitted(t.Context(), record(0), record(0), record(1)))
	is.NoErr(client.ProduceAborted(t.Context(), record(1), record(0)))
	is.NoErr(client.Produce(t.Context(), record(1))) // the end of a partition need not be that of a transaction
	n, err = l.CountCommitted(t.Context(), topic)
	is.NoErr(err)
	is.Equal(n, int64(4))
}
