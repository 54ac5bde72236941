package exactlyonce

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/transact"
)

// written is a session that knows what its last transaction was to write to.
type written struct {
	*transact.Session
	client *cluster.Client
	to     map[message.TopicPartition]bool
	// late says that a broker may still get something of a transaction that is over.
	late bool

	progress string // the topic of progress
	mu       sync.Mutex
	at       int64 // where its log has that of the last transaction; unknown or nowhere
}

// What is said of where progress was written.
const (
	nowhere int64 = -2
	unknown int64 = -1
)

// Add is for the producer.
func (w *written) Add(ctx context.Context, partitions []message.TopicPartition) error {
	if err := w.Session.Add(ctx, partitions); err != nil {
		return err
	}
	for _, p := range partitions {
		w.to[p] = true
	}
	return nil
}

// begin is called before anything is sent.
func (w *written) begin() {
	clear(w.to)
	w.mu.Lock()
	w.at = nowhere
	w.mu.Unlock()
}

// Wrote is for the producer.
func (w *written) Wrote(p message.TopicPartition, offset int64) {
	if p.Topic != w.progress {
		return
	}
	w.mu.Lock()
	if w.at == nowhere || offset < w.at {
		w.at = offset
	}
	w.mu.Unlock()
}

// progressAt is the offset of the first progress in the last transaction, or unknown.
func (w *written) progressAt() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return max(w.at, unknown)
}

// shut has the brokers refuse what may still come of an earlier epoch. Those before Kafka 3.6
// don't ask whether its transaction is open, and would begin one that nobody ends
// (KIP-890). The end of a transaction shows them the new epoch, and ends what came before.
func (w *written) shut(ctx context.Context, warn func(string, error)) error {
	if !w.late {
		return nil
	}
	parts, err := w.existing(ctx)
	if err != nil {
		return err
	}
	switch err := w.Session.Add(ctx, parts); {
	case errors.Is(err, kafkago.UnknownTopicOrPartition) && ctx.Err() == nil:
		return w.shut(ctx, warn) // after a while: one was just deleted, or created
	case acl.Refused(err):
		warn("shut out what may still come of an aborted transaction", err)
	case err != nil:
		return err
	default:
		if err := w.Drop(ctx); err != nil {
			return err
		}
	}
	w.late = false
	return nil
}

// existing lists those partitions of the last transaction that still exist.
func (w *written) existing(ctx context.Context) (out []message.TopicPartition, err error) {
	names := make(map[string]bool)
	for p := range w.to {
		names[p.Topic] = true
	}
	topics, err := w.client.Refresh(ctx, slices.Collect(maps.Keys(names)))
	if err != nil {
		return nil, err
	}
	for p := range w.to {
		if _, ok := topics[p.Topic].Partition(p.Partition); ok {
			out = append(out, p)
		}
	}
	return out, nil
}
