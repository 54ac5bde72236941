package consumer

import (
	"fmt"
	"slices"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/offsets"
)

// Resume is the last record that is known to be acknowledged. If the commit for
// it was lost, reading its partition goes on after it all the same.
type Resume struct {
	Topic       string
	TopicID     cluster.TopicID // zero: unknown
	Partition   int32
	Offset      int64
	LeaderEpoch int32 // of the record; -1: unknown
}

// reached is how far a partition is known to be acknowledged. The zero value is of one
// of which nothing is known.
type reached struct {
	topicID cluster.TopicID // zero: unknown
	at      int64           // the next record
	epoch   int32           // leader epoch of the record before at; -1: unknown
	// first says that this process has not read the partition yet: the group's commit for
	// it may have been lost with the last process.
	first bool
	// committed is what the group had committed when this process lost the partition, -1
	// for nothing. While it has that, no commit has come since. Another one that is lower
	// than at was made by somebody who went back.
	committed int64
}

// before reports whether an offset that the group has committed is one from before at was
// acknowledged.
func (r reached) before(committed group.Offset) bool { return r.first || committed.At == r.committed }

func reachedBefore(c *Config) map[message.TopicPartition]reached {
	out := make(map[message.TopicPartition]reached)
	for _, r := range c.resumes() {
		out[message.TopicPartition{Topic: r.Topic, Partition: r.Partition}] = reached{topicID: r.TopicID, at: r.Offset + 1, epoch: r.LeaderEpoch, first: true}
	}
	return out
}

// resumes are Others and Resume, if there is one.
func (c *Config) resumes() []Resume {
	if c.Resume == nil {
		return nil
	}
	return append(slices.Clip(c.Others), *c.Resume)
}

// leave notes how far a partition was acknowledged that is somebody else's from now on,
// if it was read. Otherwise what is known of it still has to serve.
func (c *Consumer) leave(p message.TopicPartition, last offsets.Commit, read bool) {
	if read {
		c.reached[p] = reached{topicID: last.TopicID, at: last.At, epoch: last.LeaderEpoch, committed: last.Committed}
	}
}

// differ reports whether two topics of a name are known to be different ones: older
// brokers tell no IDs.
func differ(a, b cluster.TopicID) bool {
	unknown := cluster.TopicID{}
	return a != unknown && b != unknown && a != b
}

// isOf reports whether it is of the topic that has an ID. One that lacks an ID is,
// unless the topic is known to be another one than before.
func (r reached) isOf(id cluster.TopicID, another bool) bool {
	if unknown := (cluster.TopicID{}); r.topicID == unknown || id == unknown {
		return !another
	}
	return r.topicID == id
}

// goOn reports whether a partition goes on where it is known to be acknowledged, in
// spite of what the group has committed for it, or because it has committed nothing
// any more.
func (c *Consumer) goOn(p message.TopicPartition, r reached, committed group.Offset) bool {
	switch {
	case committed.At < 0 && !r.first && r.committed < 0:
		// There was none when the partition was lost either.
	case committed.At < 0:
		c.cfg.Group.Warn(fmt.Sprintf("group %q has no committed offset for %s/%d any more: going on after offset %d, the last one that was acknowledged",
			c.cfg.Group.GroupID, p.Topic, p.Partition, r.at-1), errForgotten)
	case r.before(committed) && r.lacksCommit(committed):
		c.cfg.Info(fmt.Sprintf("records of %s/%d from offset %d to %d were acknowledged, though the commit was lost: going on after them",
			p.Topic, p.Partition, committed.At, r.at-1))
	default:
		return false
	}
	return true
}

// lacksCommit reports whether what the group has committed is lower because a commit
// was lost, and not because somebody went back in the log: to read again, or since it
// was cut off.
func (r reached) lacksCommit(committed group.Offset) bool {
	n, ours := readNote(committed.Metadata)
	switch {
	case committed.At >= r.at:
		return false
	case committed.Metadata == "":
		// Consumers leave a note with their commits, Kafka's own tool that resets
		// offsets does not: what somebody reset on purpose is read again.
		return false
	case ours && n.topic != cluster.TopicID{} && r.topicID == cluster.TopicID{}:
		return false // it may be of an older topic of this name
	}
	return highIn(committed) < r.at // otherwise it has been committed once
}

// highIn is the highest offset that a group had committed when it committed this one, as
// far as the note says.
func highIn(committed group.Offset) int64 {
	n, _ := readNote(committed.Metadata)
	return max(n.high, committed.At)
}
