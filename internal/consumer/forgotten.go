package consumer

import (
	"errors"
	"maps"
	"slices"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// A group forgets what it has read: offsets expire when it has had no member for some
// time (offsets.retention.minutes), and anybody may delete them. Without them a
// partition looks as if the group had never read it, and "what is written from now on"
// would pass over what came since. What tells is a record that is known to be
// acknowledged in a partition for which the group has nothing.

var errForgotten = errors.New("the group's offsets have expired, or were deleted")

// expired reports whether the group once had an offset for a partition for which it
// has none.
func (c *Consumer) expired(p message.TopicPartition) bool {
	return c.forgotten || c.topics.groupAge(c.cfg.started) > settleTime && !c.topics.isNew(p.Topic, p.Partition)
}

// looksBack reports whether it has yet to be found out if the group has forgotten what
// it has read.
func (c *Consumer) looksBack() bool {
	r, g := c.cfg.Resume, &c.cfg.Group
	return r != nil && !c.lookedBack && (slices.Contains(g.Topics, r.Topic) || g.Match != nil && g.Match(r.Topic))
}

// withResumed adds the topic of Resume, if it has to be looked at.
func (c *Consumer) withResumed(topics []string) []string {
	if !c.looksBack() || slices.Contains(topics, c.cfg.Resume.Topic) {
		return topics
	}
	return append(slices.Clone(topics), c.cfg.Resume.Topic)
}

// withResumedPartition adds the partition of Resume, if it is there and has to be
// looked at.
func (c *Consumer) withResumedPartition(p group.Partitions, found map[string]cluster.Topic) group.Partitions {
	if !c.looksBack() {
		return p
	}
	r := c.cfg.Resume
	if _, exists := found[r.Topic].Partition(r.Partition); !exists || p.Has(r.Topic, r.Partition) {
		return p
	}
	p = maps.Clone(p)
	p.Add(r.Topic, r.Partition)
	return p
}

// lookBack notes whether the group has forgotten what it has read, once that can be
// told: a topic that one broker does not know may still be there.
func (c *Consumer) lookBack(found map[string]cluster.Topic, committed group.Offsets) {
	if !c.looksBack() {
		return
	}
	r := c.cfg.Resume
	t := found[r.Topic]
	at, asked := committed[r.Topic][r.Partition]
	if _, exists := t.Partition(r.Partition); t.Err != nil || exists && !asked {
		return
	}
	c.lookedBack = true
	c.forgotten = asked && at.At < 0 && reached{topicID: r.TopicID}.isOf(t.ID, false)
}
