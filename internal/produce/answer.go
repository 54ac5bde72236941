package produce

import (
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/produce"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// judge takes the broker's answer for each partition.
func (p *Producer) judge(pl *plan, queues []*queue, res *produce.Response) {
	codes := make(map[key]*produce.ResponsePartition, len(queues))
	for i := range res.Topics {
		for j := range res.Topics[i].Partitions {
			r := &res.Topics[i].Partitions[j]
			codes[key{res.Topics[i].Topic, r.Partition}] = r
		}
	}
	for _, q := range queues {
		r, ok := codes[q.key]
		if !ok {
			q.err = fmt.Errorf("write to %s/%d: the broker's answer does not mention it", q.topic, q.id)
			continue
		}
		p.judgePartition(pl, q, r)
	}
}

func (p *Producer) judgePartition(pl *plan, q *queue, r *produce.ResponsePartition) {
	err := cluster.CodeError(r.ErrorCode)
	switch {
	case err == nil, errors.Is(err, kafkago.DuplicateSequenceNumber):
		pl.settled(q)
		return
	case outOfSequence(err):
		// The batch was not written and the broker won't take its number: the
		// next attempt is made under a new producer ID.
		p.sequences.abandon()
		for _, b := range q.batches {
			b.stamped = false
		}
	case errors.Is(err, kafkago.MessageSizeTooLarge) && len(q.batches[0].indexes) > 1:
		if err = pl.split(q); err == nil {
			return
		}
		q.fatal = true
	default:
		q.fatal = !cluster.Retriable(err)
	}
	if r.ErrorMessage != "" {
		err = fmt.Errorf("%w (%s)", err, r.ErrorMessage)
	}
	q.err = fmt.Errorf("write to %s/%d: %w", q.topic, q.id, err)
}

// split halves the first batch of a queue, which the broker found too large. It
// keeps its numbers: the halves follow each other with the same ones.
func (pl *plan) split(q *queue) error {
	whole := q.batches[0]
	half := len(whole.indexes) / 2
	parts := []*batch{
		{indexes: whole.indexes[:half], stamp: whole.stamp},
		{indexes: whole.indexes[half:], stamp: whole.stamp},
	}
	parts[1].stamp.seq = advance(whole.stamp.seq, int32(half))
	for _, b := range parts {
		b.writer = pl.producer.writer()
		b.writer.Reset()
		for _, i := range b.indexes {
			if err := b.writer.Append(&pl.messages[i].Record); err != nil {
				return err
			}
		}
		var err error
		if b.encoded, err = b.writer.Finish(pl.producer.cfg.Codec, 0); err != nil {
			return err
		}
		if b.stamped = whole.stamped; b.stamped {
			b.writer.SetProducer(b.encoded, b.stamp.id, b.stamp.epoch, b.stamp.seq)
		}
	}
	pl.producer.free(whole.writer)
	q.batches = append(parts, q.batches[1:]...)
	return nil
}
