package produce

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/initproducerid"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// sequences numbers the records of each partition for the broker, which takes a
// number once and in order only (KIP-98). The zero value has no producer ID yet.
type sequences struct {
	mu   sync.Mutex
	id   int64
	live bool // id was given by the cluster and is in order
	epo  int16
	next map[message.TopicPartition]int32
}

// stamp is what a batch carries. Once a batch was sent, it keeps its stamp, so
// that a broker that has it already recognises it.
type stamp struct {
	id    int64
	epoch int16
	seq   int32
}

// errRenumbered is that of a batch which is sent in the next round, when there is another
// producer ID.
var errRenumbered = errors.New("the producer ID was given up: another one is needed first")

// ready reports whether there is a producer ID in order.
func (s *sequences) ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live
}

// begin numbers batches under a new producer ID.
func (s *sequences) begin(id int64, epoch int16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.id, s.epo, s.live, s.next = id, epoch, true, make(map[message.TopicPartition]int32)
}

// prepare gets a producer ID from the cluster if there is none in order.
func (p *Producer) prepare(ctx context.Context) error {
	if p.sequences.ready() {
		return nil
	}
	if p.cfg.Transactions != nil {
		return ErrSpoilt
	}
	retry := p.attempts()
	var denials cluster.Insistence
	for {
		var id int64
		var epoch int16
		err := p.question(ctx, retry.last(), func(ctx context.Context) (err error) {
			id, epoch, err = initProducerID(ctx, p.client)
			return err
		})
		if err == nil {
			p.sequences.begin(id, epoch)
			p.denied.forget(right{to: toWrite})
			return nil
		}
		if acl.Refused(err) && p.believes(&denials, right{to: toWrite}) || !acl.Refused(err) && !cluster.Retriable(err) {
			return p.explainProducerID(err)
		}
		p.cfg.Warn("get a producer ID", err)
		if !retry.waitFor(ctx, err) {
			return p.explainProducerID(retry.explain(err))
		}
	}
}

// explainProducerID says what can be done about a cluster that gives no producer ID.
func (p *Producer) explainProducerID(err error) error {
	var unsupported *wire.UnsupportedError
	switch {
	case errors.Is(err, kafkago.ClusterAuthorizationFailed):
		return fmt.Errorf("get a producer ID: the login may write to no topic: allow it Write on one, which is enough from Kafka 2.8 on, or set idempotent to false: %w", p.client.Explain(err, acl.OnCluster("IdempotentWrite")))
	case errors.As(err, &unsupported) && !unsupported.Old:
		return fmt.Errorf("get a producer ID: these brokers know no idempotent writes: set idempotent to false: %w", err)
	}
	return fmt.Errorf("get a producer ID: %w", err)
}

func initProducerID(ctx context.Context, client *cluster.Client) (int64, int16, error) {
	msg, from, err := client.AskAny(ctx, &initproducerid.Request{TransactionTimeoutMs: math.MaxInt32, ProducerID: -1, ProducerEpoch: -1})
	if err != nil {
		return 0, 0, err
	}
	res := msg.(*initproducerid.Response)
	if err := cluster.CodeError(res.ErrorCode); err != nil {
		return 0, 0, fmt.Errorf("broker %s: %w", from, err)
	}
	if res.ProducerID < 0 { // that of batches without numbers
		return 0, 0, fmt.Errorf("broker %s: it gave the producer ID %d", from, res.ProducerID)
	}
	return res.ProducerID, res.ProducerEpoch, nil
}

// take numbers the next n records of a partition. It is not ok once the producer ID was
// abandoned: a number under it may be that of a batch in doubt.
func (s *sequences) take(k message.TopicPartition, n int) (_ stamp, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.live {
		return stamp{}, false
	}
	st := stamp{s.id, s.epo, s.next[k]}
	s.next[k] = advance(st.seq, int32(n))
	return st, true
}

// advance adds to a sequence number, which wraps to 0 after the largest int32.
func advance(seq, n int32) int32 {
	if seq > math.MaxInt32-n {
		return n - (math.MaxInt32 - seq) - 1
	}
	return seq + n
}

// rewind takes back the numbers from st on, which the first of a queue's batches
// had that the broker refused: it expects them with what follows in the queue. A batch
// that the broker may have keeps its number, and nobody knows which one comes next.
func (s *sequences) rewind(q *queue, st stamp) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seq := st.seq
	for _, b := range q.batches {
		if !b.stamped || b.stamp.id != st.id {
			break
		}
		if b.uncertain {
			s.live = s.live && s.id != st.id
			return
		}
		b.stamp.seq = seq
		b.encoded.SetProducer(st.id, st.epoch, seq)
		seq = advance(seq, int32(len(b.indexes)))
	}
	if s.live && s.id == st.id {
		s.next[q.TopicPartition] = seq
	}
}

// retract takes back the number of a batch, unless a broker may have written it, or may
// yet: a request that was not answered may still be on its way. The broker would take
// another batch with that number for this one. Of several batches of a partition the last
// one comes first.
func (s *sequences) retract(k message.TopicPartition, b *batch) {
	if !b.stamped || b.uncertain {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b.stamped = false
	if s.live && s.id == b.stamp.id && s.next[k] == advance(b.stamp.seq, int32(len(b.indexes))) {
		s.next[k] = b.stamp.seq
	}
}

// takeBack takes back the numbers of a queue whose first batch the broker refused, for
// what is sent next, or each record that is refused would cost a producer ID.
func (s *sequences) takeBack(q *queue) {
	for _, b := range slices.Backward(q.batches) {
		s.retract(q.TopicPartition, b)
	}
}

// abandon gives the producer ID up: numbers were spent on records of which it
// isn't known whether they were written.
func (s *sequences) abandon() {
	s.mu.Lock()
	s.live = false
	s.mu.Unlock()
}

// renumber has batches sent under a new producer ID, except those that a broker may have:
// under another number it would write them twice.
func (s *sequences) renumber(batches []*batch) {
	s.abandon()
	for _, b := range batches {
		b.stamped = b.inDoubt()
	}
}

// settle abandons the producer ID if a plan ends with numbered batches unwritten.
func (s *sequences) settle(pl *plan) {
	for _, q := range pl.queues {
		for _, b := range q.batches {
			if b.stamped {
				s.abandon()
				return
			}
		}
	}
}

// outOfSequence reports whether the broker's idea of a partition's numbers is not
// ours: it lost what it knew, or never knew it. The batch was not written: one that is a
// duplicate though no broker can have it has the number of another.
func outOfSequence(err error) bool {
	return errors.Is(err, kafkago.OutOfOrderSequenceNumber) || errors.Is(err, kafkago.UnknownProducerId) ||
		errors.Is(err, kafkago.InvalidProducerEpoch) || errors.Is(err, kafkago.DuplicateSequenceNumber)
}
