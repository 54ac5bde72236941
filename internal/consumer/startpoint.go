package consumer

import (
	"errors"
	"fmt"
	"slices"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// startPoint is where a partition is to be read from.
type startPoint struct {
	message.TopicPartition
	topicID   cluster.TopicID // of the topic that has the offset; zero: unknown
	at        int64           // -1: to be found
	epoch     int32           // leader epoch of the record before at; -1: unknown
	committed int64           // by the group, -1: nothing
	high      int64           // how far the group has been, at least
	// foreign says that no consumer of this kind has committed: an operator may have put
	// the group back, and how far it has been is to be found.
	foreign bool
	expired bool // the group had an offset once, if it has none now
}

// startPoint decides where to start a partition, as far as no broker has to be asked. id is
// that of the topic before the group was asked for its offset: if the topic is made again
// after that, it shows. The lock is held.
func (s *starter) startPoint(p message.TopicPartition, id cluster.TopicID, committed group.Offset) startPoint {
	another := ofAnother(id, committed)
	if another {
		committed = group.Offset{At: -1, LeaderEpoch: -1}
	}
	foreign := committed.At >= 0 && committed.Metadata == ""
	out := startPoint{p, id, committed.At, committed.LeaderEpoch, committed.At, highIn(committed), foreign, s.expired(p)}
	r, ok := s.reached[p]
	if !ok || !r.isOf(id, another || s.topics.isRemade(p.Topic)) {
		return out
	}
	if s.goOn(p, r, committed) {
		out.at, out.epoch = r.at, r.epoch
	}
	if out.at >= 0 {
		out.high = max(out.high, r.at) // also where somebody has gone back since
	}
	return out
}

var errFormerTopic = errors.New("they were committed for a topic of this name that has been deleted since")

// warnDiscarded says which offsets of the group are not used, and why.
func (s *starter) warnDiscarded(l lesson) {
	for name, t := range l.topics {
		var ids []int32
		for id, o := range l.committed[name] {
			if o.At >= 0 && ofAnother(t.ID, o) {
				ids = append(ids, id)
			}
		}
		if len(ids) > 0 {
			slices.Sort(ids)
			s.cfg.Group.Warn(fmt.Sprintf("the offsets of group %q for %d partitions of topic %q are not used: %v", s.cfg.Group.GroupID, len(ids), name, ids), errFormerTopic)
		}
	}
}

// unsure says what is not known of a partition, though it may be soon, and decides where
// it starts; nil if there is nothing. The lock is held.
func (s *starter) unsure(p message.TopicPartition, id cluster.TopicID, committed group.Offset) error {
	n, _ := readNote(committed.Metadata)
	_, reached := s.reached[p]
	switch unknown := (cluster.TopicID{}); {
	case id == unknown && (n.topic != unknown || s.topics.tellsIDs()):
		return fmt.Errorf("the broker does not tell the ID of topic %q, as others did", p.Topic)
	case committed.At < 0 && !reached && !s.cfg.FromBeginning && s.looksBack():
		return fmt.Errorf("whether the offsets of group %q were lost is not known before topic %q is described", s.cfg.Group.GroupID, s.cfg.Resume.Topic)
	}
	return nil
}
