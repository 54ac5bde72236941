package transact

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/addpartitionstotxn"
	"github.com/segmentio/kafka-go/protocol/endtxn"
	"github.com/segmentio/kafka-go/protocol/initproducerid"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Begin gets a producer ID and an epoch. The first one fences whoever had the
// transactional ID before, and has its open transaction aborted. Later ones are for the
// time after an answer was missed: no copy of an earlier request counts any more. There
// must not be an open transaction then, and if another producer has the transactional ID
// by now, that is an error (KIP-360; brokers before Kafka 2.5 don't tell).
func (s *Session) Begin(ctx context.Context) error {
	req := &initproducerid.Request{TransactionalID: s.cfg.ID, TransactionTimeoutMs: timeoutMs(s.cfg.Timeout)}
	req.ProducerID, req.ProducerEpoch = s.Producer()
	msg, err := s.do(ctx, req, func(m protocol.Message) int16 { return m.(*initproducerid.Response).ErrorCode })
	if err != nil {
		return fmt.Errorf("get a producer ID for transactional ID %q: %w", s.cfg.ID, err)
	}
	res := msg.(*initproducerid.Response)
	if res.ProducerID < 0 || res.ProducerEpoch < 0 {
		return fmt.Errorf("get a producer ID for transactional ID %q: the broker gave the producer ID %d and the epoch %d", s.cfg.ID, res.ProducerID, res.ProducerEpoch)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.id, s.epoch, s.unclear = res.ProducerID, res.ProducerEpoch, false
	clear(s.added)
	return nil
}

// timeoutMs is a timeout as requests have it, or the longest there is.
func timeoutMs(d time.Duration) int32 { return int32(min(d.Milliseconds(), math.MaxInt32)) }

// Add adds partitions to the transaction, which begins with the first of them. Those that
// were added cost nothing.
func (s *Session) Add(ctx context.Context, partitions []message.TopicPartition) error {
	s.adding.Lock()
	defer s.adding.Unlock()
	missing := slices.DeleteFunc(slices.Clone(partitions), func(p message.TopicPartition) bool { return s.added[p] })
	if len(missing) == 0 {
		return nil
	}
	req := &addpartitionstotxn.Request{TransactionalID: s.cfg.ID, Topics: byTopic(missing)}
	req.ProducerID, req.ProducerEpoch = s.Producer()
	_, err := s.do(ctx, req, func(m protocol.Message) int16 {
		return worst(m.(*addpartitionstotxn.Response).Results)
	})
	if err != nil {
		return fmt.Errorf("add partitions to the transaction: %w", s.explainTopics(err, req.Topics))
	}
	for _, p := range missing {
		s.added[p] = true
	}
	return nil
}

func byTopic(partitions []message.TopicPartition) (out []addpartitionstotxn.RequestTopic) {
	slices.SortStableFunc(partitions, func(a, b message.TopicPartition) int { return strings.Compare(a.Topic, b.Topic) })
	for _, p := range partitions {
		if n := len(out); n == 0 || out[n-1].Name != p.Topic {
			out = append(out, addpartitionstotxn.RequestTopic{Name: p.Topic})
		}
		last := &out[len(out)-1]
		last.Partitions = append(last.Partitions, p.Partition)
	}
	return out
}

// notAttempted is OPERATION_NOT_ATTEMPTED.
const notAttempted = 55

// worst is the code that says why an answer adds no partitions. Where one can't be added
// none is, and the others have a code that says only that.
func worst(results []addpartitionstotxn.ResponseResult) (code int16) {
	for _, t := range results {
		for _, p := range t.Results {
			if code == 0 || code == notAttempted {
				code = p.ErrorCode
			}
		}
	}
	return code
}

func (s *Session) explainTopics(err error, topics []addpartitionstotxn.RequestTopic) error {
	if !errors.Is(err, kafkago.TopicAuthorizationFailed) {
		return err
	}
	var names []string
	for _, t := range topics {
		names = append(names, t.Name)
	}
	return s.client.Explain(err, acl.OnTopics("Write", names...))
}

// Commit ends the transaction so that its records count. If it returns an error, they may
// count all the same, unless that is ErrNotOpen or a *FencedError.
func (s *Session) Commit(ctx context.Context) error {
	if err := s.end(ctx, true); err != nil {
		return fmt.Errorf("commit the transaction: %w", err)
	}
	call(s.cfg.Hooks.Committed)
	return nil
}

// Abort ends the transaction so that its records don't count, unless they do already.
func (s *Session) Abort(ctx context.Context) error { return s.abort(ctx, s.cfg.Hooks.Aborted) }

// Drop is Abort for a transaction in which nothing was written. It is not counted.
func (s *Session) Drop(ctx context.Context) error { return s.abort(ctx, nil) }

func (s *Session) abort(ctx context.Context, aborted func()) error {
	switch err := s.end(ctx, false); {
	case errors.Is(err, ErrNotOpen):
		return nil
	case err != nil:
		return fmt.Errorf("abort the transaction: %w", err)
	}
	call(aborted)
	return nil
}

func (s *Session) end(ctx context.Context, commit bool) error {
	req := &endtxn.Request{TransactionalID: s.cfg.ID, Committed: commit}
	req.ProducerID, req.ProducerEpoch = s.Producer()
	_, err := s.do(ctx, req, func(m protocol.Message) int16 { return m.(*endtxn.Response).ErrorCode })
	if errors.Is(err, kafkago.InvalidTransactionState) || errors.Is(err, kafkago.InvalidProducerIDMapping) {
		err = fmt.Errorf("%w: %w", ErrNotOpen, err)
	}
	if err == nil || errors.Is(err, ErrNotOpen) {
		clear(s.added)
	}
	return err
}
