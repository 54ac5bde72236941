package versions_test

import (
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

var beforeZstd = codecs[:4]

// offers are the requests that brokers speak, up to the version of each.
var offers = map[string]struct {
	versions    *kversion.Versions
	codecs      []string
	destination settings
}{
	"Kafka 0.11": {kversion.V0_11_0(), beforeZstd, nil},
	"Kafka 1.0":  {kversion.V1_0_0(), beforeZstd, nil},
	"Kafka 1.1":  {kversion.V1_1_0(), beforeZstd, nil},
	"Kafka 2.0":  {kversion.V2_0_0(), beforeZstd, nil},
	"Kafka 2.1":  {kversion.V2_1_0(), codecs, nil},
	"Kafka 2.4":  {kversion.V2_4_0(), codecs, nil},
	"Kafka 2.8":  {kversion.V2_8_0(), codecs, nil},
	"Kafka 3.9":  {kversion.V3_9_0(), codecs, nil},

	// brokers of two versions, while a cluster is upgraded to Kafka 2.1 (KIP-320)
	"old metadata":    {only(map[kmsg.Key]int16{kmsg.Metadata: 6, kmsg.OffsetFetch: 8, kmsg.OffsetCommit: 8}), codecs, nil},
	"old coordinator": {only(map[kmsg.Key]int16{kmsg.OffsetFetch: 4, kmsg.OffsetCommit: 5}), codecs, nil},

	// docs.warpstream.com/warpstream/reference/protocol-and-feature-support
	"WarpStream": {only(map[kmsg.Key]int16{kmsg.OffsetForLeaderEpoch: -1}), codecs, nil},
	// github.com/Azure/azure-event-hubs-for-kafka/issues/69
	"Event Hubs 2019": {only(map[kmsg.Key]int16{
		kmsg.Produce: 5, kmsg.Fetch: 6, kmsg.ListOffsets: 2, kmsg.Metadata: 5, kmsg.OffsetCommit: 3, kmsg.OffsetFetch: 3,
		kmsg.FindCoordinator: 1, kmsg.JoinGroup: 2, kmsg.Heartbeat: 1, kmsg.LeaveGroup: 1, kmsg.SyncGroup: 1,
		kmsg.DescribeGroups: 1, kmsg.OffsetForLeaderEpoch: 0, kmsg.InitProducerID: -1,
	}), []string{"none"}, settings{"compression": "none", "idempotent": "false"}},
	// github.com/oliveigah/klife/issues/13, where the list ends at JoinGroup and Heartbeat
	"Event Hubs 2024": {only(map[kmsg.Key]int16{
		kmsg.Produce: 7, kmsg.Fetch: 6, kmsg.ListOffsets: 8, kmsg.Metadata: 5, kmsg.OffsetCommit: 8, kmsg.OffsetFetch: 8,
		kmsg.FindCoordinator: 4, kmsg.JoinGroup: 9, kmsg.Heartbeat: 4, kmsg.LeaveGroup: 5, kmsg.OffsetForLeaderEpoch: 0,
	}), []string{"none", "gzip"}, settings{"compression": "gzip"}},
	// github.com/twmb/franz-go/issues/1312
	"Event Hubs 2026": {only(map[kmsg.Key]int16{
		kmsg.Produce: 7, kmsg.Fetch: 12, kmsg.ListOffsets: 8, kmsg.Metadata: 9, kmsg.OffsetCommit: 8, kmsg.OffsetFetch: 8,
		kmsg.FindCoordinator: 4, kmsg.JoinGroup: 9, kmsg.Heartbeat: 4, kmsg.LeaveGroup: 5, kmsg.OffsetForLeaderEpoch: 0,
	}), []string{"none", "gzip"}, settings{"compression": "gzip"}},
}

// only limits some requests, with -1 one that isn't there.
func only(last map[kmsg.Key]int16) *kversion.Versions {
	v := kversion.Stable()
	for key, version := range last {
		v.SetMaxKeyVersion(key.Int16(), version)
	}
	return v
}

func TestConnector_works_with_the_requests_of(t *testing.T) {
	for name, offer := range offers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := embedded.Start(t, kfake.NumBrokers(2), kfake.MaxVersions(offer.versions))
			c := newCluster(t, fake.ListenAddrs())
			c.records, c.codecs, c.destination = 1000, offer.codecs, offer.destination
			c.created = func(topic string) { moveLeaders(t, fake, topic) }
			t.Run("round trip", func(t *testing.T) { roundTrip(t, c) })
			t.Run("group", func(t *testing.T) { group(t, c) })
			t.Run("restarts", func(t *testing.T) { restarts(t, c) })
			if !strings.HasPrefix(name, "Event Hubs") {
				t.Run("transactions", func(t *testing.T) { transactions(t, c) })
			}
		})
	}
}

// moveLeaders makes the leader epochs of a topic's partitions other than 0, so that 0 is
// wrong wherever it is sent for one that is not known.
func moveLeaders(t *testing.T, fake *kfake.Cluster, topic string) {
	t.Helper()
	for p := range int32(partitions) {
		is.New(t).NoErr(fake.MoveTopicPartition(topic, p, 1-fake.LeaderFor(topic, p)))
	}
}

// What is too old is an error at once, on either side.
func TestConnector_refuses_Kafka_before_0_11(t *testing.T) {
	for name, versions := range map[string]*kversion.Versions{
		"0.10.0": kversion.V0_10_0(), "0.10.1": kversion.V0_10_1(), "0.10.2": kversion.V0_10_2(),
		"Fetch 3": only(map[kmsg.Key]int16{kmsg.Fetch: 3}),
	} {
		t.Run(name, func(t *testing.T) {
			is, ctx := is.New(t), guarded(t)
			fake := embedded.Start(t, kfake.NumBrokers(2), kfake.SeedTopics(1, "t"), kfake.MaxVersions(versions))
			servers := settings{"servers": strings.Join(fake.ListenAddrs(), ",")}
			_, destinationErr := write(ctx, servers.with(settings{"topic": "t"}), numbered(0, 1, 1)...)
			sourceErr := readAll(ctx, servers.with(settings{"topics": "t"}), 1)
			for _, err := range []error{destinationErr, sourceErr} {
				t.Log(err)
				refused(t, err, "is older than Kafka 0.11, the lowest version that this connector works with", fake.ListenAddrs()[0])
			}
			is.NoErr(ctx.Err())
		})
	}
}
