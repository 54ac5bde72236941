package connector_test

import (
	"context"
	"fmt"
	"testing"

	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/google/uuid"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"
)

// A source reads the topics that match, and none of the others: neither those that
// are left out nor Kafka's own, which match too. One that is created while it runs
// is read from its first record, and one that is deleted stops no other.
func TestReadsTheTopicsThatMatch(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx, log := logged(t)
	cluster, client, named := realKafka(t, 1)
	prefix := "p-" + uuid.NewString() + "."
	for _, name := range []string{"a", "b", "b.dlq", "gone"} {
		is.NoErr(client.CreateTopic(ctx, prefix+name, 2, nil))
	}
	group := "g-" + prefix
	src, err := openSource(ctx, settings{
		"servers": list(cluster.Servers()), "groupID": group, "topics": named,
		"topicsRegex": "__.*|" + prefix + ".*", "topicsExclude": `.*\.dlq`,
	}, nil)
	is.NoErr(err)
	for _, topic := range []string{named, prefix + "a", prefix + "b", prefix + "gone"} {
		awaitCommitted(ctx, t, client, group, topic, 0, 0)
	}
	expectRead(ctx, t, src, produceTo(ctx, t, client.Raw(), 3, named, prefix+"a", prefix+"b", prefix+"b.dlq", prefix+"gone"), prefix+"b.dlq")

	is.NoErr(client.CreateTopic(ctx, prefix+"later", 2, nil))
	is.NoErr(client.CreateTopic(ctx, prefix+"later.dlq", 2, nil))
	expectRead(ctx, t, src, produceTo(ctx, t, client.Raw(), 3, prefix+"later.dlq", prefix+"later"), prefix+"later.dlq")

	is.NoErr(client.DeleteTopic(ctx, prefix+"gone"))
	awaitLog(ctx, t, log, fmt.Sprintf("reading 4 topics, named or matching the pattern: %s", prefix+"a, "+prefix+"b, "+prefix+"later, "+named))
	expectRead(ctx, t, src, produceTo(ctx, t, client.Raw(), 3, named, prefix+"a", prefix+"b", prefix+"later"))
	is.NoErr(src.Teardown(ctx))
}

// produceTo writes n records to partition 0 of each topic, and returns their
// values, topic by topic.
func produceTo(ctx context.Context, t *testing.T, cl *kgo.Client, n int, topics ...string) map[string][]string {
	t.Helper()
	out := make(map[string][]string)
	for _, topic := range topics {
		for range n {
			value := uuid.NewString()
			is.New(t).NoErr(cl.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte(value)}).FirstErr())
			out[topic] = append(out[topic], value)
		}
	}
	return out
}

// expectRead reads what was written, in the order of each topic, except to some topics.
func expectRead(ctx context.Context, t *testing.T, src sdk.Source, written map[string][]string, except ...string) {
	t.Helper()
	is := is.New(t)
	for _, topic := range except {
		delete(written, topic)
	}
	total := 0
	for _, v := range written {
		total += len(v)
	}
	records, err := read(ctx, src, total)
	is.NoErr(err)
	is.Equal(len(records), total)
	got := make(map[string][]string)
	for _, r := range records {
		topic := r.Metadata["opencdc.collection"]
		got[topic] = append(got[topic], string(r.Payload.After.Bytes()))
		is.NoErr(src.Ack(ctx, r.Position))
	}
	is.Equal(got, written)
}
