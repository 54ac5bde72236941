package exactlyonce

import (
	"context"
	"errors"
	"maps"
	"slices"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// shut has the brokers refuse what may still come of an earlier epoch. Those before Kafka 3.6
// don't ask whether its transaction is open, and would begin one that nobody ends
// (KIP-890). The end of a transaction shows them the new epoch, and ends what came before.
func (l *lane) shut(ctx context.Context) error {
	if !l.late {
		return nil
	}
	parts, err := l.existing(ctx)
	if err != nil {
		return err
	}
	switch err := l.Session.Add(ctx, parts); {
	case errors.Is(err, kafkago.UnknownTopicOrPartition) && ctx.Err() == nil:
		return l.shut(ctx) // after a while: one was just deleted, or created
	case acl.Refused(err):
		l.warn("shut out what may still come of an aborted transaction", err)
	case err != nil:
		return err
	default:
		if err := l.Drop(ctx); err != nil {
			return err
		}
	}
	l.late = false
	return nil
}

// existing lists those partitions of the last transaction that still exist.
func (l *lane) existing(ctx context.Context) (out []message.TopicPartition, err error) {
	names := make(map[string]bool)
	for p := range l.to {
		names[p.Topic] = true
	}
	topics, err := l.client.Refresh(ctx, slices.Collect(maps.Keys(names)))
	if err != nil {
		return nil, err
	}
	for p := range l.to {
		if _, ok := topics[p.Topic].Partition(p.Partition); ok {
			out = append(out, p)
		}
	}
	return out, nil
}
