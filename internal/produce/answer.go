package produce

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// judge takes the broker's answer for each partition.
func (p *Producer) judge(pl *plan, queues []*queue, res response) {
	for _, q := range queues {
		r, ok := res.partitions[q.key]
		if !ok {
			q.err = fmt.Errorf("write to %s/%d: the broker's answer does not mention it", q.topic, q.id)
			continue
		}
		p.judgePartition(pl, q, r)
	}
}

func (p *Producer) judgePartition(pl *plan, q *queue, r partitionResponse) {
	err := cluster.CodeError(r.code)
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
	case tooLarge(err) && len(q.batches[0].indexes) > 1:
		if err = pl.split(q, len(q.batches[0].indexes)/2); err == nil {
			return
		}
		q.fatal = true
	case tooLarge(err):
		if err = pl.refused(q, err); err == nil {
			return
		}
		q.fatal = true
	case len(r.records) > 0:
		p.judgeRecords(pl, q, r)
		return
	case errors.Is(err, kafkago.InvalidRecord) && len(q.batches[0].indexes) > 1: // an older broker, which doesn't say which
		if err = pl.split(q, len(q.batches[0].indexes)/2); err == nil {
			return
		}
		q.fatal = true
	default:
		q.fatal = !cluster.Retriable(err)
	}
	if r.message != "" {
		err = fmt.Errorf("%w (%s)", err, r.message)
	}
	q.err = fmt.Errorf("write to %s/%d: %w", q.topic, q.id, err)
	if indexes := q.batches[0].indexes; q.fatal && len(indexes) == 1 {
		q.err = pl.recordError(indexes[0], q.err)
	}
}

// judgeRecords deals with a batch that the broker refuses for some of its records
// (KIP-467): those in front of the first bad one go out again on their own.
func (p *Producer) judgeRecords(pl *plan, q *queue, r partitionResponse) {
	bad := slices.MinFunc(r.records, func(a, b recordError) int { return cmp.Compare(a.index, b.index) })
	indexes := q.batches[0].indexes
	at := min(max(int(bad.index), 0), len(indexes)-1)
	err := cluster.CodeError(r.code)
	if at > 0 {
		if err = pl.split(q, at); err == nil {
			return
		}
	}
	reason := cmp.Or(bad.message, r.message)
	q.fatal = true
	q.err = pl.recordError(indexes[at], fmt.Errorf("write to %s/%d: %w (%s)", q.topic, q.id, err, reason))
}

// split divides the first batch of a queue, which the broker refused as a whole,
// in front of its at-th message. It keeps its numbers: the parts follow each other
// with the same ones.
func (pl *plan) split(q *queue, at int) error {
	whole := q.batches[0]
	parts := []*batch{
		{indexes: whole.indexes[:at], stamp: whole.stamp},
		{indexes: whole.indexes[at:], stamp: whole.stamp},
	}
	parts[1].stamp.seq = advance(whole.stamp.seq, int32(at))
	for _, b := range parts {
		b.writer = pl.producer.writer()
		b.writer.Reset()
		for _, i := range b.indexes {
			if err := b.writer.Append(&pl.messages[i].Record); err != nil {
				return err
			}
		}
		var err error
		if b.encoded, err = b.writer.Finish(pl.producer.cfg.Codec, pl.producer.cfg.Level); err != nil {
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
