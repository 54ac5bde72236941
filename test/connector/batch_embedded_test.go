package connector_test

import (
	"context"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// A batch of the SDK that Validate allows must be filled: nothing of it can be acknowledged
// before it is. 110,000 records of 700 bytes are more than 64 MiB.
func TestSourceFillsTheBatchThatItsSettingsAllow(t *testing.T) {
	is := is.New(t)
	const size = 110_000
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	truth, err := kclient.New(c.ListenAddrs())
	is.NoErr(err)
	defer truth.Close()
	ctx := guarded(t)
	value := make([]byte, 700)
	for range (size + 5000) / 5000 {
		records := make([]*kgo.Record, 5000)
		for i := range records {
			records[i] = &kgo.Record{Topic: "t", Partition: 0, Value: value}
		}
		is.NoErr(truth.Produce(ctx, records...))
	}
	src, err := openSource(ctx, settings{"servers": list(c.ListenAddrs()), "topics": "t", "groupID": "g", "readFromBeginning": "true", "sdk.batch.size": "110000"}, nil)
	is.NoErr(err)
	defer func() { _ = src.Teardown(ctx) }()
	few, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	records, err := src.ReadN(few, 1)
	is.NoErr(err)
	is.True(len(records) > 0)
}
