package produce

import (
	"context"
	"errors"
	"slices"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Transactions are what a transactional producer writes in (KIP-98). Who runs them calls
// Continue before the first Send, and after each one that fails.
type Transactions interface {
	// ID is the transactional ID.
	ID() string
	// Add adds partitions to the open transaction, or to a new one. Those that are in it
	// cost nothing.
	Add(ctx context.Context, partitions []message.TopicPartition) error
	// Wrote has the offset at which a batch begins that a broker has written, or -1 if it
	// doesn't say. It is called by several goroutines.
	Wrote(p message.TopicPartition, offset int64)
}

// ErrSpoilt says that nothing can be written any more in a transaction but what a broker
// has: it is to be aborted.
var ErrSpoilt = errors.New("the transaction must be aborted")

// Continue has batches numbered under a producer ID and an epoch that are new, so that
// nothing is under way with them.
func (p *Producer) Continue(id int64, epoch int16) { p.sequences.begin(id, epoch) }

// Doubtful reports whether a broker may still write, or may have written, something of the
// last Send that was not answered. It is for transactions, and has the caller of Send.
func (p *Producer) Doubtful() bool { return p.doubtful }

// doubtful reports whether a broker may have one of the batches that are left, or may get it
// yet.
func (q *queue) doubtful() bool {
	return slices.ContainsFunc(q.batches, func(b *batch) bool { return b.uncertain })
}

// transactionalID is "" where there are no transactions.
func (p *Producer) transactionalID() string {
	if p.cfg.Transactions == nil {
		return ""
	}
	return p.cfg.Transactions.ID()
}

// join adds the partitions of queues to the transaction, if there is one. It returns false
// if that failed, with the error in all queues.
func (p *Producer) join(ctx context.Context, leaders map[int32][]*queue) bool {
	if p.cfg.Transactions == nil || len(leaders) == 0 {
		return true
	}
	var partitions []message.TopicPartition
	for _, queues := range leaders {
		for _, q := range queues {
			partitions = append(partitions, q.TopicPartition)
		}
	}
	err := p.cfg.Transactions.Add(ctx, partitions)
	if err == nil {
		return true
	}
	for _, queues := range leaders {
		for _, q := range queues {
			q.err, q.fatal = err, !cluster.Retriable(err)
		}
	}
	return false
}

// spoils reports whether a broker's error about a batch is one after which its transaction
// can't go on, or isn't this producer's any more.
func (p *Producer) spoils(err error) bool {
	const abortable = 120 // TRANSACTION_ABORTABLE
	return p.cfg.Transactions != nil && (outOfSequence(err) || errors.Is(err, kafkago.InvalidTransactionState) ||
		errors.Is(err, kafkago.ProducerFenced) || errors.Is(err, kafkago.InvalidProducerIDMapping) || errors.Is(err, kafkago.Error(abortable)))
}
