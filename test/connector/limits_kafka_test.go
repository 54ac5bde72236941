package connector_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestReadsAllWithTheSmallestLimits(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	cluster, client, topic := realKafka(t, 3)
	const total = 60
	for i := range total { // a record batch each
		is.NoErr(client.Produce(ctx, &kgo.Record{Topic: topic, Partition: int32(i % 3), Value: fmt.Append(nil, i)}))
	}
	src, err := openSource(ctx, settings{
		"servers": list(cluster.Servers()), "topics": topic, "readFromBeginning": "true",
		"fetchMinBytes": "1", "fetchMaxBytes": "1", "fetchMaxPartitionBytes": "1", "fetchMaxWait": "1ms",
	}, nil)
	is.NoErr(err)
	records, err := read(ctx, src, total)
	is.NoErr(err)
	seen := map[string]int{}
	for _, r := range records {
		seen[string(r.Payload.After.Bytes())]++
	}
	is.Equal(len(records), total)
	is.Equal(len(seen), total)
	is.NoErr(src.Teardown(ctx))
}

func TestReadsAbortedRecordsOnlyIfIsolationLevelSaysSo(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	cluster, client, topic := realKafka(t, 1)
	is.NoErr(client.ProduceCommitted(ctx, withValues(topic, "a", "b")...))
	is.NoErr(client.ProduceAborted(ctx, withValues(topic, "x", "y", "z")...))
	is.NoErr(client.ProduceCommitted(ctx, withValues(topic, "c")...))
	for level, want := range map[string][]string{
		"read_committed":   {"a", "b", "c"},
		"read_uncommitted": {"a", "b", "x", "y", "z", "c"},
	} {
		t.Run(level, func(t *testing.T) {
			is := is.New(t)
			src, err := openSource(ctx, settings{
				"servers": list(cluster.Servers()), "topics": topic, "readFromBeginning": "true", "isolationLevel": level,
			}, nil)
			is.NoErr(err)
			records, err := read(ctx, src, len(want))
			is.NoErr(err)
			var got []string
			for _, r := range records {
				got = append(got, string(r.Payload.After.Bytes()))
			}
			is.Equal(got, want)
			is.NoErr(src.Teardown(ctx))
		})
	}
}

func withValues(topic string, values ...string) []*kgo.Record {
	var out []*kgo.Record
	for _, v := range values {
		out = append(out, &kgo.Record{Topic: topic, Value: []byte(v)})
	}
	return out
}

func TestPausesWhileMaxUncommittedRecordsAreNotAcknowledged(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	cluster, client, topic := realKafka(t, 1)
	is.NoErr(client.Produce(ctx, values(topic, 30)...))
	src, err := openSource(ctx, settings{
		"servers": list(cluster.Servers()), "topics": topic, "readFromBeginning": "true", "maxUncommitted": "10",
	}, nil)
	is.NoErr(err)
	records, err := read(ctx, src, 10)
	is.NoErr(err)
	is.Equal(len(records), 10)
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	_, err = src.ReadN(short, 1)
	is.True(errors.Is(err, context.DeadlineExceeded)) // there is more, but it waits
	for _, r := range records[:3] {
		is.NoErr(src.Ack(ctx, r.Position))
	}
	more, err := read(ctx, src, 1)
	is.NoErr(err)
	is.Equal(len(more), 3)
	is.Equal(offsetOf(t, more[0]), int64(10))
	is.NoErr(src.Teardown(ctx))
}

func TestSaysThatTheBrokersDoNotAllowTheSessionTimeout(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	cluster, _, topic := realKafka(t, 1)
	src, err := openSource(ctx, settings{
		"servers": list(cluster.Servers()), "topics": topic, "sessionTimeout": "999ms", "heartbeatInterval": "300ms",
	}, nil)
	is.NoErr(err)
	_, err = src.ReadN(ctx, 1) // though retryGroupJoinErrors is on
	is.True(err != nil)
	t.Log(err)
	for _, words := range []string{"sessionTimeout is 999ms", "group.min.session.timeout.ms"} {
		expect.Error(t, err, words)
	}
	is.NoErr(ctx.Err())
	is.NoErr(src.Teardown(ctx))
}

func TestSaysThatTheGroupHasNoBalancerInCommon(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	cluster, client, topic := realKafka(t, 1)
	is.NoErr(client.Produce(ctx, values(topic, 1)...))
	s := settings{"servers": list(cluster.Servers()), "topics": topic, "groupID": "g-" + topic, "readFromBeginning": "true"}
	first, err := openSource(ctx, s.with(settings{"groupBalancer": "range"}), nil)
	is.NoErr(err)
	_, err = read(ctx, first, 1)
	is.NoErr(err)
	second, err := openSource(ctx, s.with(settings{"groupBalancer": "sticky,roundrobin", "retryGroupJoinErrors": "false"}), nil)
	is.NoErr(err)
	_, err = second.ReadN(ctx, 1)
	is.True(err != nil)
	t.Log(err)
	expect.Error(t, err, "groupBalancer is [sticky roundrobin]")
	is.NoErr(second.Teardown(ctx))
	is.NoErr(first.Teardown(ctx))
}

func TestJoinsOnceTheGroupHasABalancerInCommon(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx, log := logged(t)
	cluster, client, topic := realKafka(t, 1)
	is.NoErr(client.Produce(ctx, values(topic, 2)...))
	s := settings{"servers": list(cluster.Servers()), "topics": topic, "groupID": "g-" + topic, "readFromBeginning": "true"}
	first, err := openSource(ctx, s.with(settings{"groupBalancer": "range"}), nil)
	is.NoErr(err)
	records, err := read(ctx, first, 2)
	is.NoErr(err)
	is.NoErr(first.Ack(ctx, records[0].Position))
	second, err := openSource(ctx, s.with(settings{"groupBalancer": "roundrobin"}), nil) // retryGroupJoinErrors is on
	is.NoErr(err)
	awaitLog(ctx, t, log, "groupBalancer is [roundrobin]")
	is.NoErr(first.Teardown(ctx))
	records, err = read(ctx, second, 1)
	is.NoErr(err)
	is.Equal(offsetOf(t, records[0]), int64(1))
	is.NoErr(second.Teardown(ctx))
}

func TestCommitsBySizeAndByTime(t *testing.T) {
	t.Parallel()
	cluster, client, _ := realKafka(t, 1)
	for name, s := range map[string]settings{
		"by size":        {"commitOffsetsSize": "3", "commitOffsetsDelay": "24h"},
		"by time":        {"commitOffsetsSize": "1000000", "commitOffsetsDelay": "100ms"},
		"with each":      {"commitOffsetsSize": "0", "commitOffsetsDelay": "0s"},
		"only at an end": {"commitOffsetsSize": "1000000", "commitOffsetsDelay": "0s"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			ctx := guarded(t)
			topic := freshTopic(t, client, 1)
			group := "g-" + topic
			is.NoErr(client.Produce(ctx, values(topic, 5)...))
			src, err := openSource(ctx, settings{
				"servers": list(cluster.Servers()), "topics": topic, "groupID": group, "readFromBeginning": "true",
			}.with(s), nil)
			is.NoErr(err)
			awaitCommitted(ctx, t, client, group, topic, 0, 0) // the start
			records, err := read(ctx, src, 5)
			is.NoErr(err)
			for _, r := range records[:3] {
				is.NoErr(src.Ack(ctx, r.Position))
			}
			if name == "only at an end" {
				is.NoErr(src.Teardown(ctx))
			}
			awaitCommitted(ctx, t, client, group, topic, 0, 3)
			is.NoErr(src.Teardown(ctx))
		})
	}
}
