package connector_test

import (
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"
)

func TestReadsTombstonesAsTombstonesAsDeletesSays(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	cluster, client, topic := realKafka(t, 1)
	is.NoErr(client.Produce(ctx,
		&kgo.Record{Topic: topic, Key: []byte("k"), Value: []byte("v")},
		&kgo.Record{Topic: topic, Key: []byte("k")},
		&kgo.Record{Topic: topic, Key: []byte("k"), Value: []byte{}},
	))
	for deletes, want := range map[string]opencdc.Operation{"false": opencdc.OperationCreate, "true": opencdc.OperationDelete} {
		src, err := openSource(ctx, settings{
			"servers": list(cluster.Servers()), "topics": topic, "readFromBeginning": "true", "tombstonesAsDeletes": deletes,
		}, nil)
		is.NoErr(err)
		records, err := read(ctx, src, 3)
		is.NoErr(err)
		is.Equal(records[0].Operation, opencdc.OperationCreate)
		is.Equal(records[1].Operation, want)
		is.Equal(records[2].Operation, opencdc.OperationCreate)
		for _, r := range records {
			is.Equal(r.Key, opencdc.RawData("k"))
			is.NoErr(src.Ack(ctx, r.Position))
		}
		is.Equal(records[1].Payload.After == nil, deletes == "true")
		is.NoErr(src.Teardown(ctx))
	}
}
