package consumer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/offsets"
)

// unknownTopic reports whether the coordinator refuses a commit since there is no topic of
// that name or, where commits name IDs, of that ID.
func unknownTopic(err error) bool {
	return errors.Is(err, kafkago.UnknownTopicOrPartition) || errors.Is(err, kafkago.UnknownTopicID)
}

// noteDeleted notes which of the topics that something is to be committed for don't exist
// any more, or are others than those that have the offsets: the coordinator won't take it,
// and it must hold up neither other commits nor a rebalance. A broker that has just started,
// or is cut off, may know less than the others: they are asked as well.
func (c *Consumer) noteDeleted(ctx context.Context) error {
	partitions, former := make(map[string]int), make(map[string]int)
	commits := c.committable()
	for _, k := range commits {
		partitions[k.Topic]++
	}
	found, err := c.client.Confirm(ctx, slices.AppendSeq([]string{}, maps.Keys(partitions)))
	if err != nil {
		return err
	}
	for _, k := range commits {
		if t := found[k.Topic]; t.Err == nil && differ(t.ID, k.TopicID) {
			former[k.Topic]++
		}
	}
	for name, n := range former {
		c.cfg.Info(fmt.Sprintf("topic %q was deleted and made again: the offsets of %d partitions of the former topic are not committed", name, n))
		c.gone[name] = found[name].AsOf // as of when it is described: what is of the new topic is committed
	}
	for name, t := range found {
		if errors.Is(t.Err, kafkago.UnknownTopicOrPartition) {
			c.cfg.Info(fmt.Sprintf("topic %q was deleted: the offsets of its %d partitions are not committed", name, partitions[name]))
			c.gone[name] = time.Now()
		}
	}
	return nil
}

// committable lists what is to be committed, but for topics that are gone. One that all
// brokers had forgotten for a while, as they started, comes back with its ID: then what
// was held back is committed, or a group that begins at the end would begin there again.
func (c *Consumer) committable() []offsets.Commit {
	left := make(map[string]time.Time)
	commits := slices.DeleteFunc(c.tracker.Committable(), func(k offsets.Commit) bool {
		since, gone := c.gone[k.Topic]
		held := gone && !c.isBack(k, since)
		if held {
			left[k.Topic] = since
		}
		return held
	})
	c.gone = left
	return commits
}

// isBack reports whether a topic has been described since a time, and is the one that an
// offset is of. If it is another one the fetcher is about to notice.
func (c *Consumer) isBack(k offsets.Commit, since time.Time) bool {
	t, known := c.client.Cached(k.Topic)
	return known && t.Err == nil && !t.AsOf.Before(since) && !differ(t.ID, k.TopicID)
}
