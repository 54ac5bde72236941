package kclient_test

import (
	"errors"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

func newClient(t *testing.T) *kclient.Client {
	cl, err := kclient.New(broker.ForTest(t, broker.Options{}).Servers())
	is.New(t).NoErr(err)
	t.Cleanup(cl.Close)
	return cl
}

func record(topic string, partition int32, value string) *kgo.Record {
	return &kgo.Record{Topic: topic, Partition: partition, Value: []byte(value)}
}

func values(records []*kgo.Record) []string {
	out := []string{}
	for _, r := range records {
		out = append(out, string(r.Value))
	}
	return out
}

func TestClient_reads_back_what_it_produced(t *testing.T) {
	is, ctx, cl := is.New(t), t.Context(), newClient(t)
	is.NoErr(cl.CreateTopic(ctx, "round-trip", 2, nil))
	is.NoErr(cl.Produce(ctx, record("round-trip", 1, "b"), record("round-trip", 0, "a"), record("round-trip", 1, "c")))

	got, err := cl.Consume(ctx, "round-trip")
	is.NoErr(err)
	is.Equal(values(got), []string{"a", "b", "c"})
	is.Equal(got[2].Offset, int64(1))
	ends, err := cl.EndOffsets(ctx, "round-trip")
	is.NoErr(err)
	is.Equal(ends, map[int32]int64{0: 1, 1: 2})
}

func TestClient_tells_aborted_from_committed_records(t *testing.T) {
	is, ctx, cl := is.New(t), t.Context(), newClient(t)
	is.NoErr(cl.CreateTopic(ctx, "transactions", 1, nil))
	is.NoErr(cl.ProduceCommitted(ctx, record("transactions", 0, "committed")))
	is.NoErr(cl.ProduceAborted(ctx, record("transactions", 0, "aborted")))

	all, err := cl.Consume(ctx, "transactions")
	is.NoErr(err)
	is.Equal(values(all), []string{"committed", "aborted"})
	committed, err := cl.ConsumeCommitted(ctx, "transactions")
	is.NoErr(err)
	is.Equal(values(committed), []string{"committed"})
	ends, err := cl.EndOffsets(ctx, "transactions")
	is.NoErr(err)
	is.Equal(ends[0], int64(4)) // two records, two control records
}

func TestClient_sees_committed_offsets(t *testing.T) {
	is, ctx, cl := is.New(t), t.Context(), newClient(t)
	is.NoErr(cl.CreateTopic(ctx, "offsets", 2, nil))

	got, err := cl.Committed(ctx, "no-such-group", "offsets")
	is.NoErr(err)
	is.Equal(got, map[int32]int64{})

	is.NoErr(cl.Commit(ctx, "offsets-group", "offsets", map[int32]int64{1: 7}))
	got, err = cl.Committed(ctx, "offsets-group", "offsets")
	is.NoErr(err)
	is.Equal(got, map[int32]int64{1: 7})

	state, members, err := cl.Group(ctx, "offsets-group")
	is.NoErr(err)
	is.Equal(state, "Empty")
	is.Equal(members, 0)
}

func TestClient_changes_topics(t *testing.T) {
	is, ctx, cl := is.New(t), t.Context(), newClient(t)
	is.NoErr(cl.CreateTopic(ctx, "changes", 1, map[string]string{"retention.ms": "-1"}))
	is.NoErr(cl.AddPartitions(ctx, "changes", 3))
	is.NoErr(cl.Produce(ctx, record("changes", 2, "a"), record("changes", 2, "b")))
	_, err := cl.EndOffsets(ctx, "changes")
	is.NoErr(err)

	is.NoErr(cl.DeleteTopic(ctx, "changes"))
	_, err = cl.EndOffsets(ctx, "changes")
	is.True(err != nil)
	is.True(errors.Is(err, kerr.UnknownTopicOrPartition))
}

func TestClient_starts_after_deleted_records(t *testing.T) {
	is, ctx, cl := is.New(t), t.Context(), newClient(t)
	is.NoErr(cl.CreateTopic(ctx, "deleted", 1, nil))
	is.NoErr(cl.Produce(ctx, record("deleted", 0, "a"), record("deleted", 0, "b")))
	is.NoErr(cl.DeleteRecords(ctx, "deleted", 0, 1))

	starts, err := cl.StartOffsets(ctx, "deleted")
	is.NoErr(err)
	is.Equal(starts, map[int32]int64{0: 1})
	got, err := cl.Consume(ctx, "deleted")
	is.NoErr(err)
	is.Equal(values(got), []string{"b"})
}
