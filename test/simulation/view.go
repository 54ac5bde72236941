package simulation

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// view is the cluster as a broker knows it at some time.
type view struct {
	coordinator int32
	topics      map[string]topicView
}

type topicView struct {
	id         [16]byte
	partitions []partitionView
}

type partitionView struct{ id, leader, epoch int32 }

func (w *World) view() view {
	v := view{w.fake.CoordinatorFor(groupID), make(map[string]topicView)}
	for _, topic := range w.plan.Topics {
		info := w.fake.TopicInfo(topic)
		if info == nil {
			continue
		}
		t := topicView{id: info.TopicID}
		for _, p := range w.fake.PartitionInfos(topic) {
			t.partitions = append(t.partitions, partitionView{p.Partition, p.Leader, p.Epoch})
		}
		v.topics[topic] = t
	}
	return v
}

// metadata answers a request for metadata.
func (v view) metadata(req *kmsg.MetadataRequest, all []string) *kmsg.MetadataResponse {
	res := req.ResponseKind().(*kmsg.MetadataResponse)
	res.ControllerID = controller
	for i := range int32(brokers) {
		b := kmsg.NewMetadataResponseBroker()
		b.NodeID, b.Host, b.Port = i, "127.0.0.1", firstPort+i
		res.Brokers = append(res.Brokers, b)
	}
	names := all
	if req.Topics != nil {
		names = nil
		for _, t := range req.Topics {
			if t.Topic != nil {
				names = append(names, *t.Topic)
			}
		}
	}
	for _, name := range names {
		t := kmsg.NewMetadataResponseTopic()
		t.Topic = kmsg.StringPtr(name)
		known, ok := v.topics[name]
		if !ok {
			if req.Topics == nil {
				continue
			}
			t.ErrorCode = kerr.UnknownTopicOrPartition.Code
		}
		t.TopicID = known.id
		for _, p := range known.partitions {
			m := kmsg.NewMetadataResponseTopicPartition()
			m.Partition, m.Leader, m.LeaderEpoch = p.id, p.leader, p.epoch
			m.Replicas, m.ISR = []int32{0, 1, 2}, []int32{0, 1, 2}
			if p.leader < 0 {
				m.ErrorCode = kerr.LeaderNotAvailable.Code
			}
			t.Partitions = append(t.Partitions, m)
		}
		res.Topics = append(res.Topics, t)
	}
	return res
}

// coordinatorIs answers a search for the group's coordinator.
func (v view) coordinatorIs(req *kmsg.FindCoordinatorRequest) *kmsg.FindCoordinatorResponse {
	res := req.ResponseKind().(*kmsg.FindCoordinatorResponse)
	res.NodeID, res.Host, res.Port = v.coordinator, "127.0.0.1", firstPort+v.coordinator
	return res
}

// cutOff makes a broker one that the others do not reach any more, and clients do. It
// goes on answering what it is asked for, with what it knew when it was cut off; what
// it would need the others for takes until the client gives up, or is refused.
func (w *World) cutOff(node int32, refuse bool) *rule {
	v := w.view()
	return w.obey("cut off", func(at int32, req kmsg.Request) (kmsg.Response, bool) {
		if at != node {
			return nil, false
		}
		switch req := req.(type) {
		case *kmsg.MetadataRequest:
			return v.metadata(req, w.plan.Topics), true
		case *kmsg.FindCoordinatorRequest:
			return v.coordinatorIs(req), true
		case *kmsg.ProduceRequest:
			if !refuse || req.Acks == 0 {
				return nil, true
			}
			return refusal(req, kerr.NotEnoughReplicasAfterAppend.Code), true
		case *kmsg.FetchRequest:
			// Nothing new comes: the answer is empty, and late.
			w.fake.SleepControl(func() { time.Sleep(time.Duration(max(req.MaxWaitMillis, 100)) * time.Millisecond) })
			return v.nothing(req, node), true
		case *kmsg.OffsetCommitRequest:
			if v.coordinator == node {
				return refusal(req, kerr.RequestTimedOut.Code), true
			}
		case *kmsg.InitProducerIDRequest:
			return nil, true
		}
		return nil, false
	})
}

// nothing answers a fetch without records: that of a leader which gets none, or that
// of a broker which does not lead.
func (v view) nothing(req *kmsg.FetchRequest, node int32) *kmsg.FetchResponse {
	res := req.ResponseKind().(*kmsg.FetchResponse)
	for _, asked := range req.Topics {
		t := kmsg.NewFetchResponseTopic()
		t.Topic, t.TopicID = asked.Topic, asked.TopicID
		for _, p := range asked.Partitions {
			m := kmsg.NewFetchResponseTopicPartition()
			m.Partition, m.HighWatermark, m.LastStableOffset = p.Partition, p.FetchOffset, p.FetchOffset
			switch {
			case req.Version >= 13 && v.topics[asked.Topic].id != asked.TopicID: // it has not heard of that one
				m.ErrorCode = kerr.UnknownTopicID.Code
			case v.leader(asked.Topic, p.Partition) != node:
				m.ErrorCode = kerr.NotLeaderForPartition.Code
			}
			t.Partitions = append(t.Partitions, m)
		}
		res.Topics = append(res.Topics, t)
	}
	return res
}

func (v view) leader(topic string, partition int32) int32 {
	for _, p := range v.topics[topic].partitions {
		if p.id == partition {
			return p.leader
		}
	}
	return -1
}

// leaderless takes a partition's leader away.
func (w *World) leaderless(topic string, partition int32) *rule {
	return w.obey("no leader", func(_ int32, req kmsg.Request) (kmsg.Response, bool) {
		switch req := req.(type) {
		case *kmsg.MetadataRequest:
			v := w.view()
			for i := range v.topics[topic].partitions {
				if p := &v.topics[topic].partitions[i]; p.id == partition {
					p.leader = -1
				}
			}
			return v.metadata(req, w.plan.Topics), true
		case *kmsg.ProduceRequest, *kmsg.FetchRequest, *kmsg.ListOffsetsRequest:
			if res := sessionLost(req); res != nil {
				return res, true
			}
			if names(req, topic, partition) {
				return refusal(req, kerr.NotLeaderForPartition.Code), true
			}
		}
		return nil, false
	})
}

// names reports whether a request is about a partition.
func names(req kmsg.Request, topic string, partition int32) bool {
	switch req := req.(type) {
	case *kmsg.ProduceRequest:
		for _, t := range req.Topics {
			for _, p := range t.Partitions {
				if t.Topic == topic && p.Partition == partition {
					return true
				}
			}
		}
	case *kmsg.FetchRequest:
		for _, t := range req.Topics {
			for _, p := range t.Partitions {
				if t.Topic == topic && p.Partition == partition {
					return true
				}
			}
		}
	case *kmsg.ListOffsetsRequest:
		for _, t := range req.Topics {
			for _, p := range t.Partitions {
				if t.Topic == topic && p.Partition == partition {
					return true
				}
			}
		}
	}
	return false
}
