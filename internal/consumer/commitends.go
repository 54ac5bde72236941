package consumer

import (
	"context"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// commitEnds commits the ends for a group that has nothing. The group is asked again:
// another source may have opened meanwhile. It has then committed before the ends here
// were found, or else its own come before the end of this Open as well.
func (c *Config) commitEnds(ctx context.Context, client *cluster.Client, m *group.Member, topics map[string]cluster.Topic) {
	committed, err := m.Committed(ctx, nil)
	if err != nil || len(committed) > 0 {
		return // whoever has begun commits where, and where this one begins is known
	}
	var taken group.Offsets
	err = c.commitFitting(c.brevity.refused, func() (err error) {
		if out := c.endsWithNotes(client.ID(), topics); len(out) > 0 {
			taken, err = m.CommitAlone(ctx, out)
		}
		return err
	})
	for topic, ids := range taken {
		for id, o := range ids {
			c.Info(c.begins(message.TopicPartition{Topic: topic, Partition: id}, o.At, fromNow))
		}
	}
	if err != nil && !expected(err) { // expected from a group that has a member by now
		c.Group.Warn("commit where the group starts", err)
	}
}

// endsWithNotes are the ends to commit, but for partitions that StartAt names.
func (c *Config) endsWithNotes(clusterID string, topics map[string]cluster.Topic) group.Offsets {
	h, out := newHistory(*c), group.Offsets{}
	for p, e := range c.ends {
		if _, named := c.StartAt.Offsets[p.Topic][p.Partition]; named {
			continue
		}
		n := note{partitions: int32(len(topics[p.Topic].Partitions)), since: h.since, reads: h.reads, topic: e.topicID, cluster: clusterID}
		out.Set(p.Topic, p.Partition, group.Offset{At: e.at, LeaderEpoch: -1, Metadata: c.brevity.text(n)})
	}
	return out
}
