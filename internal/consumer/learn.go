package consumer

import (
	"context"
	"fmt"
	"slices"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
)

// learn finds out what is to be known of topics: from the notes of commits, or, at
// the group's first start, from what is there. A topic that did not exist when this
// consumer started is all new, and one that the group has passed over.
func (c *Consumer) learn(ctx context.Context, topics []string) error {
	found, err := c.client.Refresh(ctx, c.withResumed(topics), false)
	if err != nil {
		return err
	}
	for _, topic := range c.known.identify(found) {
		c.cfg.Info(fmt.Sprintf("topic %q was deleted and made again: reading it from its first record", topic))
	}
	all := group.Partitions{}
	for _, name := range c.known.unknown(topics) {
		for _, p := range found[name].Partitions {
			all[name] = append(all[name], p.ID)
		}
	}
	committed := group.Offsets{}
	if asked := c.withResumedPartition(all, found); len(asked) > 0 {
		if committed, err = c.member.Committed(ctx, asked); err != nil {
			return err
		}
	}
	c.lookBack(found, committed)
	return c.learnTopics(ctx, all, found, committed)
}

// learnTopics takes over what the group has committed for topics.
func (c *Consumer) learnTopics(ctx context.Context, all group.Partitions, found map[string]cluster.Topic, committed group.Offsets) (err error) {
	old := false
	if !c.cfg.FromBeginning && slices.ContainsFunc(all.Topics(), func(t string) bool { return nothingIn(committed[t]) }) {
		if old, err = c.passedOver(ctx); err != nil {
			return err
		}
	}
	for topic, ids := range all {
		count, remade := int32(len(ids)), false
		if c.cfg.isMissing(topic) || old && nothingIn(committed[topic]) {
			count = 0
		}
		for _, o := range committed[topic] {
			n, ok := readNote(o.Metadata)
			if ok {
				count = n.partitions
				c.known.remember(n)
			}
			remade = remade || ofAnother(found[topic].ID, o)
		}
		c.known.set(topic, count, remade)
	}
	return nil
}

// nothingIn reports whether none of the offsets is committed.
func nothingIn(parts map[int32]group.Offset) bool {
	for _, o := range parts {
		if o.At >= 0 {
			return false
		}
	}
	return true
}
