package connector_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// mirrorMaker copies topics that match %[2]s within a cluster at %[1]s, to topics
// that are called so with "a." in front.
const mirrorMaker = `clusters=a,b
a.bootstrap.servers=%[1]s
b.bootstrap.servers=%[1]s
a->b.enabled=true
a->b.topics=%[2]s
b->a.enabled=false
replication.factor=1
offset-syncs.topic.replication.factor=1
config.storage.replication.factor=1
offset.storage.replication.factor=1
status.storage.replication.factor=1
emit.heartbeats.enabled=false
emit.checkpoints.enabled=false
sync.topic.acls.enabled=false
offset.flush.interval.ms=1000
`

// Kafka's own copying makes the same of a topic. (But for keys of headers that are
// not UTF-8, which Java can't read.)
func TestACopyIsTheSameAsMirrorMakers(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	cluster, client, _ := realKafka(t, 1)
	const total = 5000
	from := randomTopic(t, client, total, "a", "b", "b", "trace", "a[0]", "", "ä")
	stop := mirror(t, cluster, fmt.Sprintf(mirrorMaker, list(cluster.Direct()), from))

	ours := lastingTopic(t, client)
	servers := settings{"servers": list(cluster.Servers())}
	is.NoErr(copyTopic(t.Context(), servers.with(settings{"topics": from, "readFromBeginning": "true"}),
		servers.with(copying).with(settings{"topic": ours}), total))

	theirs := "a." + from
	awaitRecords(t, client, theirs, total)
	stop()
	sameRecords(t, consume(t, client, ours), consume(t, client, theirs))
}

// mirror runs MirrorMaker with the properties until the returned function is called.
func mirror(t *testing.T, cluster *broker.Cluster, properties string) func() {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		err := cluster.MirrorMaker(ctx, properties)
		if ctx.Err() == nil {
			t.Error(err)
		}
		done <- err
	}()
	stop := func() {
		cancel()
		<-done
		done <- nil // it may be called again
	}
	t.Cleanup(stop)
	return stop
}

// awaitRecords waits until a topic, which may not be there yet, has that many records.
func awaitRecords(t *testing.T, client *kclient.Client, topic string, total int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*guard) // Java takes its time to start
	defer cancel()
	for ; ; time.Sleep(100 * time.Millisecond) {
		ends, err := client.EndOffsets(ctx, topic)
		var n int64
		for _, end := range ends {
			n += end
		}
		if n >= int64(total) {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("%d of %d records in topic %s: %v", n, total, topic, err)
		}
	}
}
