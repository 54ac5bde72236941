package simulation

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// In some plans the coordinator assigns (KIP-848). What is about JoinGroup, SyncGroup,
// Heartbeat and LeaveGroup otherwise is about one request there, which says all of it.

// protocol has the members of some plans take part by the protocol consumer. It has dice of
// its own, as vary does.
func (d dice) protocol(p *Plan) {
	if !d.chance(40) {
		return
	}
	for i := range p.Readers {
		s := p.Readers[i].Settings
		s["groupProtocol"] = "consumer"
		delete(s, "sessionTimeout")
		delete(s, "heartbeatInterval")
		delete(s, "groupBalancer")
	}
}

// byCoordinator reports whether the coordinator assigns.
func (p Plan) byCoordinator() bool { return p.Readers[0].Settings["groupProtocol"] == "consumer" }

// beats takes down what a heartbeat to a coordinator that assigns says.
func (w *World) beats(req *kmsg.ConsumerGroupHeartbeatRequest) {
	w.hear(req.MemberID, req.MemberEpoch <= 0 || req.Topics != nil)
	if req.MemberEpoch == -1 && req.InstanceID != nil {
		w.book.wrong("%s leaves the group at %s for good, though it has a groupInstanceID", req.MemberID, seconds(w.now()))
	}
}

// sessions are those of the classic members, where the coordinator assigns.
func sessions() kfake.Opt {
	return kfake.BrokerConfigs(map[string]string{"group.consumer.session.timeout.ms": "6000", "group.consumer.heartbeat.interval.ms": "1000"})
}

// serverSilence is how long a member may not be heard of where the coordinator assigns. The
// embedded cluster watches over its session, but not over that of a static one that left for
// a while.
const serverSilence = 7 * time.Second

// assigned describes a group whose coordinator assigns.
func (w *World) assigned() (kmsg.ConsumerGroupDescribeResponseGroup, error) {
	req := kmsg.NewPtrConsumerGroupDescribeRequest()
	req.Groups = []string{groupID}
	res, err := w.ask(w.fake.CoordinatorFor(groupID), req)
	if err != nil {
		return kmsg.ConsumerGroupDescribeResponseGroup{}, err
	}
	g := res.(*kmsg.ConsumerGroupDescribeResponse).Groups[0]
	return g, kerr.ErrorForCode(g.ErrorCode)
}

// described is assigned in the words of the classic protocol.
func (w *World) described() (g kmsg.DescribeGroupsResponseGroup, err error) {
	got, err := w.assigned()
	g.State = got.State
	for _, m := range got.Members {
		g.Members = append(g.Members, kmsg.DescribeGroupsResponseGroupMember{MemberID: m.MemberID, InstanceID: m.InstanceID})
	}
	return g, err
}

// renew has the cluster look at its topics again where the group does not assign what is
// there. The embedded cluster does not notice what becomes of a topic while no member is in
// the group but static ones that are away, and gives one that comes back what it had.
func (w *World) renew() {
	g, err := w.assigned()
	if err != nil || !w.isOutdated(g) {
		return
	}
	w.say("the group does not assign what is there: the cluster looks at its topics again")
	const other = "other"
	if err := w.createTopic(other, 1); err != nil {
		w.say("create %s: %v", other, err)
	}
	if err := w.deleteTopic(other); err != nil {
		w.say("delete %s: %v", other, err)
	}
}

// isOutdated reports whether a group that has a member assigns a topic that is not there any
// more, or leaves a partition out that is there.
func (w *World) isOutdated(g kmsg.ConsumerGroupDescribeResponseGroup) bool {
	if !slices.ContainsFunc(g.Members, func(m kmsg.ConsumerGroupDescribeResponseGroupMember) bool { return m.MemberEpoch > 0 }) {
		return false
	}
	assigned := make(map[[16]byte]map[int32]bool)
	for _, m := range g.Members {
		for _, t := range m.TargetAssignment.TopicPartitions {
			if assigned[t.TopicID] == nil {
				assigned[t.TopicID] = make(map[int32]bool)
			}
			for _, p := range t.Partitions {
				assigned[t.TopicID][p] = true
			}
		}
	}
	for _, topic := range w.plan.Topics {
		info := w.fake.TopicInfo(topic)
		if info == nil {
			continue
		}
		for _, p := range w.fake.PartitionInfos(topic) {
			if !assigned[info.TopicID][p.Partition] {
				return true
			}
		}
		delete(assigned, info.TopicID)
	}
	return len(assigned) > 0 // those of topics that are gone
}

// takeOut takes members out of a group whose coordinator assigns.
func (w *World) takeOut(ids ...string) error {
	for _, id := range ids {
		req := kmsg.NewPtrConsumerGroupHeartbeatRequest()
		req.Version, req.Group, req.MemberID, req.MemberEpoch = 1, groupID, id, -1
		if _, err := w.ask(w.fake.CoordinatorFor(groupID), req); err != nil {
			return err
		}
	}
	return nil
}
