package connector_test

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/google/uuid"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// patient is guarded for tests that wait for outages.
func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(guarded(t)), 5*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// The only broker is away for twice deliveryTimeout, stopped in order and killed, while
// a hundred records a second are written with the default settings.
func TestTheDefaultsOutlastABrokerThatIsRestarted(t *testing.T) {
	t.Parallel() // alone on its cluster meanwhile: the other tests with one like it are not parallel
	is := is.New(t)
	ctx := patient(t)
	cluster := broker.ForTest(t, broker.Options{Faults: true})
	topic := "t-" + uuid.NewString()
	dst, err := openDestination(ctx, settings{"servers": list(cluster.Servers()), "topic": topic})
	is.NoErr(err)
	writing, stop := context.WithCancel(ctx)
	written := make(chan error, 1)
	records := numbered(100_000)
	next := 0
	go func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for writing.Err() == nil {
			<-tick.C
			n, err := dst.Write(ctx, records[next:next+10])
			if next += n; err != nil {
				written <- err
				return
			}
		}
		written <- nil
	}()
	for _, end := range []func() error{
		func() error { return cluster.StopNode(ctx, 1) },
		func() error { return cluster.KillNode(1) },
	} {
		time.Sleep(time.Second)
		is.NoErr(end())
		time.Sleep(20 * time.Second)
		is.NoErr(cluster.StartNode(ctx, 1))
	}
	time.Sleep(3 * time.Second)
	stop()
	is.NoErr(<-written)
	is.NoErr(dst.Teardown(ctx))
	client, err := kclient.New(cluster.Servers())
	is.NoErr(err)
	defer client.Close()
	is.Equal(countRecords(t, client, topic), next)
	is.True(next > 20)
}

// One of three brokers goes silent, which the others notice after nine seconds. It leads
// some partitions and has replicas of the others, so that no request is answered.
func TestTheDefaultsOutlastABrokerThatFreezes(t *testing.T) {
	t.Parallel() // nobody else has a cluster like it
	is := is.New(t)
	ctx := patient(t)
	cluster := broker.ForTest(t, broker.Options{Nodes: 3, Faults: true})
	client, err := kclient.New(cluster.Servers())
	is.NoErr(err)
	defer client.Close()
	topic := freshTopic(t, client, 6)
	dst, err := openDestination(ctx, settings{"servers": list(cluster.Servers()), "topic": topic})
	is.NoErr(err)
	total := 0
	for node := 1; node <= 3; node++ {
		for _, frozen := range []bool{false, true, false} {
			if frozen {
				is.NoErr(cluster.PauseNode(node))
			}
			n, err := dst.Write(ctx, numbered(60))
			is.NoErr(err)
			is.Equal(n, 60)
			total += n
			if frozen {
				is.NoErr(cluster.ResumeNode(node))
				is.NoErr(cluster.Ready(ctx))
			}
		}
	}
	is.NoErr(dst.Teardown(ctx))
	is.Equal(countRecords(t, client, topic), total)
}

// A quota of 100 KB a second, and 2 MB at once for one broker, which takes the first
// megabyte as it comes: quotas are of the last ten seconds.
func TestAQuotaSlowsADestinationDownAndNothingElse(t *testing.T) {
	is := is.New(t)
	ctx := patient(t)
	cluster, client, topic := realKafka(t, 1)
	id := "slow-" + uuid.NewString()
	quota := kmsg.NewPtrAlterClientQuotasRequest()
	entry := kmsg.NewAlterClientQuotasRequestEntry()
	entity := kmsg.NewAlterClientQuotasRequestEntryEntity()
	entity.Type, entity.Name = "client-id", &id
	op := kmsg.NewAlterClientQuotasRequestEntryOp()
	op.Key, op.Value = "producer_byte_rate", 100_000
	entry.Entity, entry.Ops = append(entry.Entity, entity), append(entry.Ops, op)
	quota.Entries = append(quota.Entries, entry)
	res, err := quota.RequestWith(ctx, client.Raw())
	is.NoErr(err)
	is.Equal(res.Entries[0].ErrorCode, int16(0))
	nodes := client.Raw().DiscoveredBrokers()
	is.True(len(nodes) > 0)
	for _, node := range nodes { // each hears of it for itself
		for !quotaKnown(t, node, id) {
			time.Sleep(50 * time.Millisecond)
			is.NoErr(ctx.Err())
		}
	}

	records := numbered(2000)
	for i := range records {
		value := make(opencdc.RawData, 1000)
		_, _ = rand.Read(value)
		records[i].Payload.After = value
	}
	named := named(t, ctx, id)
	dst, err := openDestination(named, settings{"servers": list(cluster.Servers()), "topic": topic, "clientID": id, "value.format": "payload"})
	is.NoErr(err)
	n, err := dst.Write(named, records)
	is.NoErr(err)
	is.Equal(n, len(records))
	throttled := metricsOf(t, id)["throttled_seconds_total{type=destination}"]
	t.Logf("throttled for %.1f s", throttled)
	is.True(throttled > 5)
	is.NoErr(dst.Teardown(named))
	is.Equal(countRecords(t, client, topic), len(records))
}

// quotaKnown reports whether a broker knows a quota of the client ID.
func quotaKnown(t *testing.T, broker *kgo.Broker, id string) bool {
	is := is.New(t)
	req := kmsg.NewPtrDescribeClientQuotasRequest()
	component := kmsg.NewDescribeClientQuotasRequestComponent()
	component.EntityType, component.Match = "client-id", &id
	req.Components = append(req.Components, component)
	res, err := broker.RetriableRequest(t.Context(), req)
	is.NoErr(err)
	return len(res.(*kmsg.DescribeClientQuotasResponse).Entries) > 0
}
