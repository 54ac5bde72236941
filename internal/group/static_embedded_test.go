package group

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

func TestStaticMemberLooksAtItsAssignmentLessAndLessOften(t *testing.T) {
	is := is.New(t)
	m := NewMember(nil, Config{InstanceID: "me", MetadataInterval: time.Hour}, nil)
	m.lookInterval = firstLook
	now := time.Now()
	var waits []time.Duration
	for range 12 {
		m.postponeLook(now)
		waits = append(waits, m.lookAt.Sub(now))
	}
	is.Equal(waits[:4], []time.Duration{firstLook, 2 * firstLook, 4 * firstLook, 8 * firstLook})
	is.Equal(waits[11], maxLookInterval)
	is.True(m.metadataInterval() > maxLookInterval/2) // so nothing else wakes it before

	m.counts, m.topics = map[string]int32{}, []string{"missing"}
	is.Equal(m.metadataInterval(), missingTopicInterval) // still waited for
	m.verified = true
	is.True(!m.looks())
}

// Whatever a look at the group's assignment takes, heartbeats go on.
func TestStaticMemberBeatsThoughTheAssignmentIsNotDescribed(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(1, topic))
	looked := embedded.Count(fake, int16(kmsg.DescribeGroups))
	embedded.Ignore(fake, int16(kmsg.DescribeGroups), 100)
	var beats atomic.Int64
	embedded.Answer(fake, kmsg.Heartbeat, func(req kmsg.Request) kmsg.Response {
		if req.(*kmsg.HeartbeatRequest).InstanceID != nil {
			beats.Add(1)
		}
		return nil
	})
	// One that is no leader looks. The only partition stays where it is, and so nothing
	// makes the group rebalance again. The look waits for a third of the session; the
	// request timeout is longer than all of it.
	other := startMember(fake, "g", nil)
	is.NoErr(other.untilItHolds(1))
	m := startMember(fake, "g", func(c *Config) {
		c.InstanceID, c.SessionTimeout, c.RebalanceTimeout, c.MetadataInterval = "me", 15*time.Second, 30*time.Second, 50*time.Millisecond
	})
	is.NoErr(m.until("it has looked", func() bool { return looked.Load() > 0 }))
	before := beats.Load()
	is.NoErr(m.until("it looks once more and beats", func() bool { return looked.Load() > 1 && beats.Load() > before }))
	is.Equal(m.warnings(kafkago.UnknownMemberId), 0) // the coordinator has always heard of it
	is.NoErr(m.close())
	is.NoErr(other.close())
}

// While a static member was away a topic lost partitions that the group has assigned to
// it. It asks for another assignment.
func TestStaticMemberGivesBackPartitionsThatAreGone(t *testing.T) {
	for name, left := range map[string]int{"made again with fewer": 2, "deleted": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
			truth, err := kclient.New(fake.ListenAddrs())
			is.NoErr(err)
			defer truth.Close()
			static := func(c *Config) {
				c.InstanceID, c.SessionTimeout, c.MetadataInterval = "me", time.Minute, time.Hour
			}
			m := startMember(fake, "g", static)
			is.NoErr(m.untilItHolds(partitions))
			is.NoErr(m.close())
			is.NoErr(truth.DeleteTopic(t.Context(), topic))
			if left > 0 {
				is.NoErr(truth.CreateTopic(t.Context(), topic, int32(left), nil))
			}
			m = startMember(fake, "g", static)
			is.NoErr(m.untilItHolds(partitions)) // as before
			is.NoErr(m.untilItHolds(left))
			is.NoErr(m.close())
		})
	}
}

// What a broker does not say is no reason to ask for another assignment, and neither is a
// topic that other members subscribe to.
func TestStaticMemberKeepsPartitionsThatMayBeThere(t *testing.T) {
	is := is.New(t)
	m := NewMember(nil, Config{InstanceID: "me"}, nil)
	m.topics = []string{topic}
	m.count(topic, cluster.Topic{Err: kafkago.LeaderNotAvailable})
	is.True(!m.gone(Partitions{topic: {0, 1}, "another": {0}}))
	m.count(topic, cluster.Topic{Partitions: make([]cluster.Partition, 2)})
	is.True(!m.gone(Partitions{topic: {0, 1}, "another": {0}}))
	is.True(m.gone(Partitions{topic: {0, 2}}))
	m.count(topic, cluster.Topic{Err: kafkago.UnknownTopicOrPartition})
	is.True(m.gone(Partitions{topic: {0}}))
}

// The coordinator forgets a static member's ID and not what it assigned to it: the member
// has looked at that once, but joins with the instance ID alone, and gets it back though
// the topic has grown since.
func TestStaticMemberLooksAgainWhenItHasToJoinWithoutItsID(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	truth, err := kclient.New(fake.ListenAddrs())
	is.NoErr(err)
	defer truth.Close()
	looked := embedded.Count(fake, int16(kmsg.DescribeGroups))
	var forgets atomic.Bool
	embedded.Answer(fake, kmsg.Heartbeat, func(req kmsg.Request) kmsg.Response {
		if !forgets.CompareAndSwap(true, false) {
			return nil
		}
		return embedded.Refusal(req, kerr.UnknownMemberID.Code)
	})
	m := startMember(fake, "g", func(c *Config) {
		c.InstanceID, c.SessionTimeout, c.Balancers = "me", time.Minute, []string{"range"}
	})
	is.NoErr(m.untilItHolds(partitions))
	is.NoErr(m.until("it has looked", func() bool { return looked.Load() > 0 }))
	is.NoErr(truth.AddPartitions(t.Context(), topic, partitions+1))
	forgets.Store(true)
	is.NoErr(m.untilItHolds(partitions + 1))
	is.NoErr(m.close())
}

// A topic that was there stays assigned, whatever a broker says instead of describing it.
func TestMemberCountsOnATopicThatABrokerDoesNotDescribe(t *testing.T) {
	for _, code := range []kafkago.Error{kafkago.LeaderNotAvailable, kafkago.TopicAuthorizationFailed, kafkago.Unknown, 132} {
		is := is.New(t)
		m := NewMember(nil, Config{Warn: func(string, error) {}}, nil)
		is.Equal(m.count(topic, cluster.Topic{Err: code}), int32(0))
		is.Equal(m.count(topic, cluster.Topic{Partitions: make([]cluster.Partition, 2)}), int32(2))
		is.Equal(m.count(topic, cluster.Topic{Err: code}), int32(2))
		is.Equal(m.count(topic, cluster.Topic{Err: kafkago.UnknownTopicOrPartition}), int32(0))
		is.Equal(m.count(topic, cluster.Topic{Err: code}), int32(0))
	}
}
