package kclient_test

import (
	"context"
	"errors"
	"testing"
	"time"

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
	is, ctx, cl, topic := is.New(t), t.Context(), newClient(t), broker.Name(t)
	is.NoErr(cl.CreateTopic(ctx, topic, 2, nil))
	is.NoErr(cl.Produce(ctx, record(topic, 1, "b"), record(topic, 0, "a"), record(topic, 1, "c")))

	got, err := cl.Consume(ctx, topic)
	is.NoErr(err)
	is.Equal(values(got), []string{"a", "b", "c"})
	is.Equal(got[2].Offset, int64(1))
	ends, err := cl.EndOffsets(ctx, topic)
	is.NoErr(err)
	is.Equal(ends, map[int32]int64{0: 1, 1: 2})
}

func TestClient_tells_aborted_from_committed_records(t *testing.T) {
	is, ctx, cl, topic := is.New(t), t.Context(), newClient(t), broker.Name(t)
	is.NoErr(cl.CreateTopic(ctx, topic, 1, nil))
	is.NoErr(cl.ProduceCommitted(ctx, record(topic, 0, "committed")))
	is.NoErr(cl.ProduceAborted(ctx, record(topic, 0, "aborted")))

	// Two records, two control records. The coordinator answers before it has these written.
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for end := int64(0); end < 4; {
		ends, err := cl.EndOffsets(ctx, topic)
		is.NoErr(err)
		end = ends[0]
	}

	all, err := cl.Consume(ctx, topic)
	is.NoErr(err)
	is.Equal(values(all), []string{"committed", "aborted"})
	committed, err := cl.ConsumeCommitted(ctx, topic)
	is.NoErr(err)
	is.Equal(values(committed), []string{"committed"})
}

func TestClient_sees_committed_offsets(t *testing.T) {
	is, ctx, cl, topic := is.New(t), t.Context(), newClient(t), broker.Name(t)
	is.NoErr(cl.CreateTopic(ctx, topic, 2, nil))

	got, err := cl.Committed(ctx, broker.Name(t), topic)
	is.NoErr(err)
	is.Equal(got, map[int32]int64{})

	group := broker.Name(t)
	is.NoErr(cl.Commit(ctx, group, topic, map[int32]int64{1: 7}))
	got, err = cl.Committed(ctx, group, topic)
	is.NoErr(err)
	is.Equal(got, map[int32]int64{1: 7})

	state, members, err := cl.Group(ctx, group)
	is.NoErr(err)
	is.Equal(state, "Empty")
	is.Equal(members, 0)
}

func TestClient_changes_topics(t *testing.T) {
	is, ctx, cl, topic := is.New(t), t.Context(), newClient(t), broker.Name(t)
	is.NoErr(cl.CreateTopic(ctx, topic, 1, map[string]string{"retention.ms": "-1"}))
	is.NoErr(cl.AddPartitions(ctx, topic, 3))
	is.NoErr(cl.Produce(ctx, record(topic, 2, "a"), record(topic, 2, "b")))
	_, err := cl.EndOffsets(ctx, topic)
	is.NoErr(err)

	is.NoErr(cl.DeleteTopic(ctx, topic))
	_, err = cl.EndOffsets(ctx, topic)
	is.True(err != nil)
	is.True(errors.Is(err, kerr.UnknownTopicOrPartition))
}

func TestClient_starts_after_deleted_records(t *testing.T) {
	is, ctx, cl, topic := is.New(t), t.Context(), newClient(t), broker.Name(t)
	is.NoErr(cl.CreateTopic(ctx, topic, 1, nil))
	is.NoErr(cl.Produce(ctx, record(topic, 0, "a"), record(topic, 0, "b")))
	is.NoErr(cl.DeleteRecords(ctx, topic, 0, 1))

	starts, err := cl.StartOffsets(ctx, topic)
	is.NoErr(err)
	is.Equal(starts, map[int32]int64{0: 1})
	got, err := cl.Consume(ctx, topic)
	is.NoErr(err)
	is.Equal(values(got), []string{"b"})
}
