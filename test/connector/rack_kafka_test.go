package connector_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/google/uuid"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
	"github.com/conduitio/conduit-connector-kafka/test/proxy"
)

// A source in the rack of node 2 reads a partition that node 1 leads: from node 2
// while that lives and answers, from others while it is killed or frozen. Each
// record comes once, and in order.
func TestReadsFromTheReplicaInItsRack(t *testing.T) {
	is := is.New(t)
	r := newRackTest(t, "rack-2")
	ctx := r.ctx

	r.roundTrips(ctx, 40)
	near, leader := r.bytes(2), r.bytes(1)
	t.Logf("of %d bytes written, %d came from the replica in the rack and %d from the leader", r.written, near, leader)
	is.True(near > r.written)
	is.True(leader < r.written/4)

	is.NoErr(r.cluster.KillNode(2))
	r.roundTrips(ctx, 20)
	t.Logf("without the replica in the rack %d bytes came from the leader", r.bytes(1)-leader)
	is.True(r.bytes(1)-leader > r.written/4)

	is.NoErr(r.cluster.StartNode(ctx, 2))
	r.until(ctx, func() bool { return r.bytes(2) > 1<<20 }) // the leader names it again
	t.Logf("since the replica in the rack is back, %d bytes came from it", r.bytes(2))

	is.NoErr(r.cluster.PauseNode(2))
	before := r.bytes(1)
	r.until(ctx, func() bool { return r.bytes(1)-before > 1<<20 })
	is.NoErr(r.cluster.ResumeNode(2))
	is.NoErr(r.cluster.Ready(ctx))

	is.NoErr(r.cluster.KillNode(1)) // the leader
	r.roundTrips(ctx, 20)
	is.NoErr(r.src.Teardown(ctx))
}

// Without a rack everything comes from the leader.
func TestReadsFromTheLeaderWithoutARack(t *testing.T) {
	is := is.New(t)
	r := newRackTest(t, "")
	r.roundTrips(r.ctx, 20)
	t.Logf("of %d bytes written, %d came from node 2 and %d from the leader", r.written, r.bytes(2), r.bytes(1))
	is.True(r.bytes(1) > r.written)
	is.True(r.bytes(2) < r.written/4)
	is.NoErr(r.src.Teardown(r.ctx))
}

type rackTest struct {
	*is.I
	ctx     context.Context
	cluster *broker.Cluster
	client  *kclient.Client
	topic   string
	src     sdk.Source
	next    int64 // offset of the next record
	written int64 // bytes
}

func newRackTest(t *testing.T, rack string) *rackTest {
	t.Helper()
	r := &rackTest{I: is.New(t)}
	var cancel context.CancelFunc
	r.ctx, cancel = context.WithTimeout(context.WithoutCancel(guarded(t)), 5*time.Minute) // nodes come and go
	t.Cleanup(cancel)
	r.cluster = broker.ForTest(t, broker.Options{Nodes: 3, Proxied: true, Faults: true, Properties: map[string]string{
		"replica.selector.class": "org.apache.kafka.common.replica.RackAwareReplicaSelector",
	}})
	var err error
	r.client, err = kclient.New(r.cluster.Direct()) // not through the proxies, which count
	r.NoErr(err)
	t.Cleanup(r.client.Close)
	r.topic = "t-" + uuid.NewString()
	r.NoErr(r.client.CreateTopic(r.ctx, r.topic, 1, nil))
	r.NoErr(r.client.MoveLeader(r.ctx, r.topic, 0, 1))
	r.src, err = openSource(r.ctx, settings{
		"servers": list(r.cluster.Servers()), "topics": r.topic, "readFromBeginning": "true", "rackID": rack, "requestTimeout": "3s",
	}, nil)
	r.NoErr(err)
	return r
}

// bytes is what has come from a node over connections that are open.
func (r *rackTest) bytes(node int) int64 {
	n := int64(0)
	for _, c := range r.cluster.Proxy(node).Conns() {
		n += c.Passed(proxy.ToClient)
	}
	return n
}

// roundTrips writes 100 records of 1 KiB n times and reads them.
func (r *rackTest) roundTrips(ctx context.Context, times int) {
	for range times {
		records := make([]*kgo.Record, 100)
		for i := range records {
			value := make([]byte, 1024)
			_, _ = rand.Read(value)
			records[i] = &kgo.Record{Topic: r.topic, Value: value}
			r.written += int64(len(value))
		}
		r.NoErr(r.client.Produce(ctx, records...))
		got, err := read(ctx, r.src, len(records))
		r.NoErr(err)
		r.Equal(len(got), len(records))
		for i, record := range got {
			r.Equal(record.Metadata["kafka.offset"], fmt.Sprint(r.next))
			r.Equal(record.Payload.After.Bytes(), records[i].Value)
			r.next++
			r.NoErr(r.src.Ack(ctx, record.Position))
		}
	}
}

func (r *rackTest) until(ctx context.Context, done func() bool) {
	for !done() {
		r.roundTrips(ctx, 1)
	}
}
