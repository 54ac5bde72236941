package connector_test

import (
	"context"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// The group wants to go on where the log has nothing any more, or nothing yet.
func TestGoesOnAsAutoOffsetResetSays(t *testing.T) {
	t.Parallel()
	cluster, client, _ := realKafka(t, 1)
	for name, test := range map[string]struct {
		policy    string
		committed int64
		want      int64 // the next record that is read; -1: none
		logged    string
	}{
		"earliest, records deleted":   {"", 5, 12, "offsets 5 to 11, up to 7 records, are not read"},
		"latest, records deleted":     {"latest", 5, 20, "offsets 5 to 19, up to 15 records, are not read"},
		"error, records deleted":      {"error", 5, -1, "offsets 5 to 11, up to 7 records, were deleted"},
		"earliest, beyond the end":    {"earliest", 50, 12, "offsets 12 to 49, 38 in all, are read again"},
		"latest, beyond the end":      {"latest", 50, 20, "offsets 20 to 49, 30 in all, are read again"},
		"error, beyond the end":       {"error", 50, -1, "offsets 20 to 49, 30 in all, are not there"},
		"latest, all records deleted": {"latest", 11, 20, "offsets 11 to 19"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			ctx, log := logged(t)
			topic := freshTopic(t, client, 1)
			group := "g-" + topic
			is.NoErr(client.Produce(ctx, values(topic, 20)...))
			is.NoErr(client.Commit(ctx, group, topic, map[int32]int64{0: test.committed}))
			is.NoErr(client.DeleteRecords(ctx, topic, 0, 12))

			s := settings{"servers": list(cluster.Servers()), "topics": topic, "groupID": group}
			if test.policy != "" {
				s["autoOffsetReset"] = test.policy
			}
			src, err := openSource(ctx, s, nil)
			is.NoErr(err)
			if test.want < 0 {
				_, err := src.ReadN(ctx, 1)
				is.True(err != nil)
				t.Log(err)
				for _, words := range []string{"autoOffsetReset", topic + "/0", group, test.logged} {
					expect.Error(t, err, words)
				}
				is.NoErr(src.Teardown(ctx))
				got, err := client.Committed(ctx, group, topic)
				is.NoErr(err)
				is.Equal(got[0], test.committed) // nothing is changed
				return
			}
			// The place is committed, so that a restart finds it again.
			awaitCommitted(ctx, t, client, group, topic, 0, test.want)
			is.NoErr(client.Produce(ctx, values(topic, 1)...))
			records, err := read(ctx, src, 1)
			is.NoErr(err)
			is.Equal(offsetOf(t, records[0]), test.want)
			is.NoErr(src.Teardown(ctx))
			expect.Text(t, log.String(), test.logged)
		})
	}
}

// values makes records of a topic's partition 0.
func values(topic string, n int) []*kgo.Record {
	records := make([]*kgo.Record, n)
	for i := range records {
		records[i] = &kgo.Record{Topic: topic, Value: []byte("v")}
	}
	return records
}

// awaitCommitted waits until a group has committed an offset.
func awaitCommitted(ctx context.Context, t *testing.T, client *kclient.Client, group, topic string, partition int32, want int64) {
	t.Helper()
	for {
		got, err := client.Committed(ctx, group, topic)
		if at, ok := got[partition]; err == nil && ok && at == want {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("group %s has committed %v, want %d for %s/%d: %v", group, got, want, topic, partition, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// The group's offsets are gone, as after offsets.retention.minutes without a member. The
// partition of the position goes on after it; the others as autoOffsetReset says, though
// the source would start with new records.
func TestSourceGoesOnThoughTheGroupWasDeleted(t *testing.T) {
	t.Parallel()
	cluster, client, _ := realKafka(t, 1)
	for policy, want := range map[string]int64{"earliest": 0, "latest": 4, "error": -1} {
		t.Run(policy, func(t *testing.T) {
			is := is.New(t)
			ctx, log := logged(t)
			topic := freshTopic(t, client, 2)
			s := settings{"servers": list(cluster.Servers()), "topics": topic, "groupID": "g-" + topic, "autoOffsetReset": policy}
			write := func(partition int32, n int) {
				for range n {
					is.NoErr(client.Produce(ctx, &kgo.Record{Topic: topic, Partition: partition, Value: []byte("v")}))
				}
			}
			src, err := openSource(ctx, s, nil)
			is.NoErr(err)
			awaitCommitted(ctx, t, client, "g-"+topic, topic, 0, 0)
			awaitCommitted(ctx, t, client, "g-"+topic, topic, 1, 0)
			write(0, 2)
			write(1, 1)
			records, err := read(ctx, src, 3)
			is.NoErr(err)
			var last opencdc.Position
			for _, r := range records {
				is.NoErr(src.Ack(ctx, r.Position))
				if p, _ := kafka.ParsePosition(r.Position); p.Partition == 0 {
					p.Others = "" // as that of a record in the middle
					last = p.Encode()
				}
			}
			is.NoErr(src.Teardown(ctx))
			out, err := cluster.Tool(ctx, "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
				"--bootstrap-server", list(cluster.Servers()), "--group", "g-"+topic, "--delete")
			t.Log(out)
			is.NoErr(err)
			write(0, 1)
			write(1, 3)

			src, err = openSource(ctx, s, last)
			is.NoErr(err)
			if want < 0 {
				for err == nil {
					_, err = src.ReadN(ctx, 1)
				}
				expect.Error(t, err, "autoOffsetReset")
				is.NoErr(src.Teardown(ctx))
				return
			}
			awaitCommitted(ctx, t, client, "g-"+topic, topic, 0, 2)
			awaitCommitted(ctx, t, client, "g-"+topic, topic, 1, want)
			write(1, 1)
			n := int(1 + 5 - want)
			records, err = read(ctx, src, n)
			is.NoErr(err)
			first := map[int32]int64{}
			for _, r := range records[:n] {
				p, err := kafka.ParsePosition(r.Position)
				is.NoErr(err)
				if _, ok := first[p.Partition]; !ok {
					first[p.Partition] = p.Offset
				}
			}
			is.Equal(first, map[int32]int64{0: 2, 1: want})
			expect.Text(t, log.String(), "has no committed offset for "+topic+"/0 any more")
			is.NoErr(src.Teardown(ctx))
		})
	}
}
