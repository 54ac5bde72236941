package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/matryer/is"

	kafka "github.com/conduitio/conduit-connector-kafka"
)

func TestPlaces_are_those_of_records_that_a_source_read_one_after_the_other(t *testing.T) {
	is := is.New(t)
	p := newPlaces(options{placed: true})
	records := newRecords(options{size: 10}, 1, 13)[0]
	next := make(map[int32]int64)
	for range 3 {
		p.give(records)
		for _, r := range records {
			position, err := kafka.ParsePosition(r.Position)
			is.NoErr(err)
			is.Equal(string(position.Encode()), string(r.Position)) // or it would be parsed for each record
			is.True(position.TopicID != kafka.TopicID{})
			is.Equal(position.Offset, next[position.Partition])
			next[position.Partition]++
		}
	}
	is.Equal(len(next), 5) // 3 of each, and 1
}

func TestExactlyOnce_commits_each_record_and_progress(t *testing.T) {
	is := is.New(t)
	servers, client := startKafka(t)
	is.NoErr(client.CreateTopic(t.Context(), "conduit-progress-"+topic, 1, map[string]string{"cleanup.policy": "compact"}))
	r := measure(t, "-role=destination", "-batch=300", "-records=3000", "-for=1m", "-client=connector", "-servers="+servers, "-topic="+topic,
		"-positions", "-exactly-once")
	is.Equal(r.Records, int64(3000))
	got, err := client.ConsumeCommitted(t.Context(), topic)
	is.NoErr(err)
	is.Equal(len(got), 3000)
	ends, err := client.EndOffsets(t.Context(), topic)
	is.NoErr(err)
	is.True(sum(ends) > 3000) // the ends of transactions
	noted, err := client.ConsumeCommitted(t.Context(), "conduit-progress-"+topic)
	is.NoErr(err)
	is.True(len(noted) >= 10) // of each call
}

func TestExactlyLatency_measures_from_the_time_at_which_a_record_is_due(t *testing.T) {
	is := is.New(t)
	servers, client := startKafka(t)
	is.NoErr(client.CreateTopic(t.Context(), "conduit-progress-"+topic, 1, map[string]string{"cleanup.policy": "compact"}))
	r := measure(t, "-role=exactly-once-latency", "-group=g", "-pace=1000", "-for=200ms", "-warm-up=10ms", "-client=connector", "-servers="+servers, "-topic="+topic,
		"-positions", "-exactly-once", "-set=value.format=payload")
	is.True(r.Latency.Samples > 0)
	is.True(r.Latency.P50 > 0)
	is.True(r.Latency.Max < float64(guard.Microseconds()))
}

// The reader would wait for ever.
func TestExactlyLatency_ends_when_nothing_can_be_written(t *testing.T) {
	is := is.New(t)
	servers, _ := startKafka(t)
	ctx, cancel := context.WithTimeout(t.Context(), guard)
	defer cancel()
	err := run(ctx, []string{"-role=exactly-once-latency", "-group=g", "-client=connector", "-servers=" + servers, "-topic=" + topic,
		"-exactly-once"}, new(bytes.Buffer), new(bytes.Buffer)) // without positions
	is.True(err != nil)
	is.NoErr(ctx.Err())
	is.True(strings.Contains(err.Error(), "its position is not one of this connector's source"))
}
