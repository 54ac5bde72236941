package connector_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// carrier has MirrorMaker copy topics (%[3]s) from a cluster at %[1]s to one at %[2]s
// under their own names, and carry the offsets of groups (%[4]s).
const carrier = `clusters=a,b
a.bootstrap.servers=%[1]s
b.bootstrap.servers=%[2]s
a->b.enabled=true
b->a.enabled=false
topics=%[3]s
groups=%[4]s
replication.policy.class=org.apache.kafka.connect.mirror.IdentityReplicationPolicy
sync.group.offsets.enabled=true
sync.group.offsets.interval.seconds=1
emit.checkpoints.interval.seconds=1
refresh.groups.interval.seconds=1
offset.lag.max=0
replication.factor=1
checkpoints.topic.replication.factor=1
offset-syncs.topic.replication.factor=1
config.storage.replication.factor=1
offset.storage.replication.factor=1
status.storage.replication.factor=1
emit.heartbeats.enabled=false
sync.topic.acls.enabled=false
offset.flush.interval.ms=1000
`

// A pipeline fails over to another cluster, to which MirrorMaker has copied its topic and
// carried its group's offsets, which are others there: the first records were deleted
// before. Conduit has a position of the first cluster, or none.
func TestSourceGoesOnWhereMirrorMakerHasCarriedItsOffsets(t *testing.T) {
	t.Parallel()
	const total, deleted, more = 100, 30, 20
	first, client, _ := realKafka(t, 1)
	second := broker.ForTest(t, broker.Options{Properties: map[string]string{"num.partitions": "1"}}) // not the first
	there, err := kclient.New(second.Servers())
	is.New(t).NoErr(err)
	t.Cleanup(there.Close)

	// of the topic at an index
	var topics, groups []string
	var positions []opencdc.Position
	read := func(ctx context.Context, is *is.I, s settings, position opencdc.Position, n int) []opencdc.Record {
		src, err := openSource(ctx, s.with(settings{"readFromBeginning": "true"}), position)
		is.NoErr(err)
		records, err := read(ctx, src, n)
		is.NoErr(err)
		for _, r := range records {
			is.NoErr(src.Ack(ctx, r.Position))
		}
		is.NoErr(src.Teardown(ctx))
		return records
	}
	for range 2 {
		is, ctx, topic := is.New(t), guarded(t), freshTopic(t, client, 1)
		is.NoErr(client.Produce(ctx, values(topic, total)...))
		is.NoErr(client.DeleteRecords(ctx, topic, 0, deleted))
		group := "g-" + topic
		records := read(ctx, is, settings{"servers": list(first.Servers()), "topics": topic, "groupID": group}, nil, total-deleted)
		topics, groups, positions = append(topics, topic), append(groups, group), append(positions, records[len(records)-1].Position)
	}

	stop := mirror(t, first, fmt.Sprintf(carrier, list(first.Direct()), list(second.Direct()), strings.Join(topics, ","), strings.Join(groups, ",")))
	for i, topic := range topics {
		awaitRecords(t, there, topic, total-deleted)
		awaitCarried(t, there, groups[i], topic)
	}
	stop()

	for i, name := range []string{"with a position", "without a position"} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			ctx, log := logged(t)
			position := positions[i]
			if i == 1 {
				position = nil
			}
			carried := awaitCarried(t, there, groups[i], topics[i])
			is.NoErr(there.Produce(ctx, values(topics[i], more)...))
			left := total - deleted + more - int(carried)
			t.Logf("MirrorMaker has carried offset %d here as %d: %d of %d records are left", total, carried, left, total-deleted+more)
			records := read(ctx, is, settings{"servers": list(second.Servers()), "topics": topics[i], "groupID": groups[i]}, position, left)
			is.Equal(len(records), left)
			is.Equal(offsetOf(t, records[0]), carried)
			committed, err := there.Committed(ctx, groups[i], topics[i])
			is.NoErr(err)
			is.Equal(committed[0], int64(total-deleted+more))
			if strings.Contains(log.String(), "are not used") {
				t.Error(log.String())
			}
		})
	}
}

// awaitCarried waits until a group has an offset after the first record, and returns it.
// MirrorMaker knows the same place in both logs for some records only: it carries an
// offset as one that is not above the right one.
func awaitCarried(t *testing.T, client *kclient.Client, group, topic string) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), guard)
	defer cancel()
	for ; ; time.Sleep(100 * time.Millisecond) {
		committed, err := client.Committed(ctx, group, topic)
		if committed[0] > 0 {
			return committed[0]
		}
		if ctx.Err() != nil {
			t.Fatalf("group %s has committed %v: %v", group, committed, err)
		}
	}
}
