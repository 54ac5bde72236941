package consumer

import (
	"context"
	"fmt"
	"maps"
	"slices"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/fetch"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
)

// learn finds out what is to be known of topics: from the notes of commits, or, at
// the group's first start, from what is there. A topic that did not exist when this
// consumer started is all new, and one that the group has passed over. It returns the
// topics that are described as they should be, and what is missing of others: a broker
// may know less than the rest of the cluster.
func (c *Consumer) learn(ctx context.Context, p group.Partitions) (topics map[string]cluster.Topic, missing, err error) {
	found, err := c.client.Refresh(ctx, c.withResumed(p.Topics()), false)
	if err != nil {
		return nil, nil, err
	}
	for _, topic := range c.known.identify(found) {
		c.cfg.Info(fmt.Sprintf("topic %q was deleted and made again: reading it from its first record", topic))
	}
	topics = make(map[string]cluster.Topic)
	for name, ids := range p {
		if err := lacks(found[name], ids); err == nil {
			topics[name] = found[name]
		} else if missing = err; !fetch.Passes(err) {
			return nil, nil, err
		}
	}
	all := group.Partitions{}
	for _, name := range c.known.unknown(slices.Collect(maps.Keys(topics))) {
		for _, p := range found[name].Partitions {
			all[name] = append(all[name], p.ID)
		}
	}
	committed := group.Offsets{}
	if asked := c.withResumedPartition(all, found); len(asked) > 0 {
		if committed, err = c.member.Committed(ctx, asked); err != nil {
			return nil, nil, err
		}
	}
	c.lookBack(found, committed)
	return topics, missing, c.learnTopics(ctx, all, found, committed)
}

// lacks says what metadata lacks of a topic of which the group has assigned partitions,
// nil for nothing.
func lacks(t cluster.Topic, ids []int32) error {
	if t.Err != nil {
		return fmt.Errorf("topic %q: %w", t.Name, t.Err)
	}
	for _, id := range ids {
		if _, ok := t.Partition(id); !ok {
			return fmt.Errorf("%s/%d: %w", t.Name, id, kafkago.UnknownTopicOrPartition)
		}
	}
	return nil
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
