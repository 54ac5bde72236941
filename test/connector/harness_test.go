package connector_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/google/uuid"
	"github.com/matryer/is"
	"github.com/rs/zerolog"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// guard bounds what must not hang.
const guard = sides.Guard

func guarded(t *testing.T) context.Context {
	t.Helper()
	return sides.Guarded(t, zerolog.New(logOf(t)).Level(zerolog.InfoLevel))
}

// settings are a connector's, as in a pipeline file.
type settings map[string]string

func (s settings) with(more settings) settings {
	out := maps.Clone(s)
	maps.Copy(out, more)
	return out
}

// What the tests do with the connector's sides.
var (
	openSource      = sides.OpenSource
	openDestination = sides.OpenDestination
	write           = sides.Write
)

// read reads until count records have come.
func read(ctx context.Context, src sdk.Source, count int) ([]opencdc.Record, error) {
	var out []opencdc.Record
	for len(out) < count {
		records, err := src.ReadN(ctx, 1)
		if err != nil {
			return out, fmt.Errorf("after %d of %d records: %w", len(out), count, err)
		}
		out = append(out, records...)
	}
	return out, nil
}

func numbered(n int) []opencdc.Record {
	records := make([]opencdc.Record, n)
	for i := range records {
		records[i] = opencdc.Record{
			Position:  opencdc.Position(fmt.Sprint(i)),
			Operation: opencdc.OperationCreate,
			Key:       opencdc.RawData(fmt.Sprintf("key-%d", i)),
			Payload:   opencdc.Change{After: opencdc.RawData(fmt.Sprintf("value-%d", i))},
		}
	}
	return records
}

// realKafka returns a cluster, a client that looks at it, and a fresh topic.
func realKafka(t *testing.T, partitions int32) (*broker.Cluster, *kclient.Client, string) {
	t.Helper()
	is := is.New(t)
	c := broker.ForTest(t, broker.Options{})
	client, err := kclient.New(c.Servers())
	is.NoErr(err)
	t.Cleanup(client.Close)
	return c, client, freshTopic(t, client, partitions)
}

func freshTopic(t *testing.T, client *kclient.Client, partitions int32) string {
	t.Helper()
	is := is.New(t)
	topic := "t-" + uuid.NewString()
	is.NoErr(client.CreateTopic(guarded(t), topic, partitions, nil))
	return topic
}

func list(servers []string) string { return strings.Join(servers, ",") }
