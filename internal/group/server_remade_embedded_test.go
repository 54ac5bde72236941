package group

import (
	"sync/atomic"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// Assignments name topics by their IDs: what has the name of an assigned topic now may be
// another member's, whose commit must not be overwritten.
func TestServerMemberLeavesATopicMadeAgainAloneUntilItIsAssigned(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic)) // heartbeats are 5 s apart
	truth, err := kclient.New(fake.ListenAddrs())
	is.NoErr(err)
	defer truth.Close()
	m := startMember(fake, "g", byServer)
	is.NoErr(m.untilItHolds(partitions))
	is.True(m.server.Holds(topic, fake.TopicInfo(topic).TopicID))
	is.NoErr(truth.DeleteTopic(t.Context(), topic))
	is.NoErr(truth.CreateTopic(t.Context(), topic, partitions, nil))
	again := fake.TopicInfo(topic).TopicID

	commit := func() (Offsets, error) {
		offsets := Offsets{}
		offsets.Set(topic, 1, Offset{At: 7, LeaderEpoch: 0, TopicID: again})
		return m.server.Commit(t.Context(), m.server.Generation(), offsets)
	}
	taken, err := commit()
	is.NoErr(err)
	is.Equal(len(taken), 0)
	committed, err := m.server.Committed(t.Context(), Partitions{topic: {1}})
	is.NoErr(err)
	is.Equal(committed[topic][1].At, int64(-1))

	// The commit has the member ask what is assigned, long before the next heartbeat is due.
	is.NoErr(m.until("it has the new topic", func() bool { return m.told("assigned") == 2 }))
	is.Equal(m.told("revoked"), 1)
	is.True(m.server.Holds(topic, again))
	is.NoErr(m.until("the new topic is committed for", func() bool {
		taken, _ := commit() // under an epoch that may just be over
		return len(taken) == 1
	}))
	is.NoErr(m.close())
	is.Equal(m.told("lost"), 0)
}

// The coordinator waits to hear what is owned after each change of an assignment, also of
// one that was never taken: a topic that was deleted before its name was known.
func TestServerMemberConfirmsThatItHasNotWhatItNeverTook(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	var taken, confirmed atomic.Bool
	embedded.Answer(fake, kmsg.ConsumerGroupHeartbeat, func(req kmsg.Request) kmsg.Response {
		r := req.(*kmsg.ConsumerGroupHeartbeatRequest)
		res := r.ResponseKind().(*kmsg.ConsumerGroupHeartbeatResponse)
		res.MemberEpoch, res.HeartbeatIntervalMillis = 1, 100
		switch {
		case r.MemberEpoch == epochJoin:
			res.Assignment = &kmsg.ConsumerGroupHeartbeatResponseAssignment{
				Topics: []kmsg.ConsumerGroupHeartbeatResponseAssignmentTopic{{TopicID: [16]byte{1}, Partitions: []int32{0}}},
			}
		case r.Topics != nil && !taken.Swap(true):
			res.Assignment = &kmsg.ConsumerGroupHeartbeatResponseAssignment{}
		case r.Topics != nil:
			confirmed.Store(true)
		}
		return res
	})
	m := startMember(fake, "g", byServer)
	is.NoErr(m.until("it has confirmed", confirmed.Load))
	is.NoErr(m.close())
	is.Equal(len(m.events), 0)
}
