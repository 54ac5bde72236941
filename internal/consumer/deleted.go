package consumer

import (
	"context"
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/offsets"
)

// dropDeleted gives up what was to be committed for topics that don't exist any
// more: the coordinator won't take it, and it must hold up neither other commits
// nor a rebalance. Should such a topic come back, it is another one. A broker that has
// just started, or is cut off, may know less than the others: they are asked as well.
func (c *Consumer) dropDeleted(ctx context.Context) error {
	commits := c.tracker.Committable()
	topics := make(map[string][]offsets.Commit)
	names := []string{}
	for _, k := range commits {
		if topics[k.Topic] == nil {
			names = append(names, k.Topic)
		}
		topics[k.Topic] = append(topics[k.Topic], k)
	}
	found, err := c.client.Confirm(ctx, names)
	if err != nil {
		return err
	}
	for name, t := range found {
		if !errors.Is(t.Err, kafkago.UnknownTopicOrPartition) {
			continue
		}
		c.cfg.Info(fmt.Sprintf("topic %q was deleted: the offsets of its %d partitions are not committed", name, len(topics[name])))
		for _, k := range topics[name] {
			c.tracker.Committed(k)
		}
	}
	return nil
}
