package main

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/bench/internal/payload"
)

const never = time.Hour

func TestLateAcks_acknowledges_in_order_at_intervals(t *testing.T) {
	is := is.New(t)
	const count = 100
	acked := make(chan string, count)
	l := newLateAcks(func(_ context.Context, p opencdc.Position) error {
		acked <- string(p)
		return nil
	}, time.Millisecond)
	for i := range count {
		is.NoErr(l.add(t.Context(), opencdc.Position(strconv.Itoa(i))))
	}
	for i := range count {
		select {
		case got := <-acked:
			is.Equal(got, strconv.Itoa(i))
		case <-time.After(guard):
			t.Fatal("not acknowledged:", i)
		}
	}
	is.NoErr(l.finish(t.Context()))
	is.Equal(len(acked), 0) // each once
}

func TestLateAcks_acknowledges_nothing_before_the_interval_and_the_rest_at_the_end(t *testing.T) {
	is := is.New(t)
	var acked []string
	l := newLateAcks(func(_ context.Context, p opencdc.Position) error {
		acked = append(acked, string(p))
		return nil
	}, never)
	is.NoErr(l.finish(t.Context())) // before anything was read
	for _, p := range []string{"a", "b", "c"} {
		is.NoErr(l.add(t.Context(), opencdc.Position(p)))
	}
	is.Equal(len(acked), 0)
	is.NoErr(l.finish(t.Context()))
	is.NoErr(l.finish(t.Context()))
	is.Equal(acked, []string{"a", "b", "c"})
}

func TestLateAcks_returns_the_error_of_an_ack(t *testing.T) {
	is := is.New(t)
	broken := errors.New("broken")
	var acks int
	l := newLateAcks(func(context.Context, opencdc.Position) error {
		acks++
		return broken
	}, time.Millisecond)
	deadline := time.Now().Add(guard)
	for l.add(t.Context(), opencdc.Position("a")) == nil {
		is.True(time.Now().Before(deadline))
		time.Sleep(time.Millisecond)
	}
	select {
	case <-l.done: // by itself
	case <-time.After(guard):
		t.Fatal("goes on after an error")
	}
	is.True(errors.Is(l.finish(t.Context()), broken))
	is.Equal(acks, 1) // none after the one that failed
}

// With a limit below the number of records, a source that never had an ack would not
// come to the end.
func TestSource_acknowledges_at_intervals_while_it_reads(t *testing.T) {
	is := is.New(t)
	servers, client := startKafka(t)
	const count = 2000
	var records []*kgo.Record
	for i := range count {
		records = append(records, &kgo.Record{Topic: topic, Partition: int32(i % partitions), Value: payload.Value(i, 100)})
	}
	is.NoErr(client.Produce(t.Context(), records...))
	r := measure(t, "-role=source", "-client=connector", "-servers="+servers, "-topic="+topic, "-group=late",
		"-ack-every=10ms", "-set=maxUncommitted=500", "-records="+strconv.Itoa(count), "-for=1m")
	is.Equal(r.Records, int64(count))
	is.True(r.PeakRSS > 0)
	committed, err := client.Committed(t.Context(), "late", topic)
	is.NoErr(err)
	is.Equal(sum(committed), int64(count))
}

func TestConnectorReader_keeps_positions_until_the_interval_is_over(t *testing.T) {
	is := is.New(t)
	servers, client := startKafka(t)
	is.NoErr(client.Produce(t.Context(), &kgo.Record{Topic: topic, Value: payload.Value(0, 100)}))
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	defer cancel()
	for _, readOne := range []bool{false, true} {
		group := "read-one-" + strconv.FormatBool(readOne)
		r, err := openConnectorReader(ctx, options{servers: servers, topic: topic, group: group, ackEvery: never, readOne: readOne}, true)
		is.NoErr(err)
		late := r.(*connectorReader).late
		n, _, err := r.next(ctx, 1, nil)
		is.NoErr(err)
		is.Equal(n, 1)
		is.Equal(len(late.waiting), 1)
		is.NoErr(r.ackRest(ctx))
		is.Equal(len(late.waiting), 0)
		is.NoErr(r.close(ctx))
		committed, err := client.Committed(ctx, group, topic)
		is.NoErr(err)
		is.Equal(sum(committed), int64(1))
	}
}
