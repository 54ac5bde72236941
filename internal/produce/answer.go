package produce

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// judge takes the broker's answer for each partition. It reports whether something was
// written.
func (p *Producer) judge(pl *plan, queues []*queue, res response) (wrote bool) {
	for _, q := range queues {
		r, ok := res.partitions[q.TopicPartition]
		if !ok {
			q.batches[0].uncertain = true
			q.err = fmt.Errorf("write to %s/%d: the broker's answer does not mention it", q.Topic, q.Partition)
			continue
		}
		before := len(q.batches)
		p.judgePartition(pl, q, r)
		wrote = wrote || len(q.batches) < before
		if q.fatal && pl.first(q) < pl.firstOf(q.batches[0]) {
			p.setAside(pl, q)
		}
	}
	return wrote
}

// setAside goes on with what comes before a batch that the broker refuses, as after a
// topic was made again. If an earlier attempt to write that batch had no answer, nobody
// knows which number the broker expects next.
func (p *Producer) setAside(pl *plan, q *queue) {
	if b := q.batches[0]; b.stamped && b.uncertain {
		p.sequences.abandon()
	}
	pl.setAside(q)
}

func (p *Producer) judgePartition(pl *plan, q *queue, r partitionResponse) {
	err := cluster.CodeError(r.code)
	b := q.batches[0]
	if !acl.Refused(err) {
		q.denials = cluster.Insistence{}
	}
	if err == nil || errors.Is(err, kafkago.DuplicateSequenceNumber) && b.uncertain {
		if p.cfg.Transactions != nil {
			p.cfg.Transactions.Wrote(q.TopicPartition, r.offset)
		}
		p.settled(pl, q)
		return
	}
	if p.spoils(err) {
		q.err, q.fatal = fmt.Errorf("write to %s/%d: %w: %w", q.Topic, q.Partition, ErrSpoilt, err), true
		return
	}
	divide := p.divides(b, err)
	if (divide || outOfSequence(err) || refuses(err)) && slices.ContainsFunc(b.indexes, pl.passedOver) {
		p.strip(pl, q, err)
		return
	}
	switch {
	case outOfSequence(err):
		// The batch was not written and the broker won't take its number.
		b.stamped = false
		p.sequences.renumber(q.batches[1:])
	case errors.Is(err, kafkago.UnknownTopicID) && !b.astray:
		// Metadata will tell of the topic made again, for which this is no attempt.
		b.astray, q.uncounted = true, true
	case tooLarge(err) && len(b.indexes) == 1:
		if err = p.oversized(pl, q, err); err == nil {
			return
		}
		q.fatal = true
	case len(r.records) > 0 && unwritten(err):
		p.judgeRecords(pl, q, r)
		return
	case divide && len(b.indexes) > 1:
		if err = pl.split(q, len(b.indexes)/2); err == nil {
			return
		}
		q.fatal = true
	case divide:
		q.fatal = true
	default:
		b.uncertain = b.uncertain || !unwritten(err)
		if q.fatal = !cluster.Retriable(err); acl.Refused(err) {
			q.fatal = p.believes(&q.denials, right{q.Topic, toWrite})
			err = p.explainDenied(err, q.Topic)
		}
	}
	if r.message != "" {
		err = fmt.Errorf("%w (%s)", err, r.message)
	}
	q.err = fmt.Errorf("write to %s/%d: %w", q.Topic, q.Partition, err)
	if q.fatal {
		p.sequences.takeBack(q)
		if len(b.indexes) == 1 {
			q.err = pl.recordError(b.indexes[0], q.err)
		}
	}
}

// settled takes the first batch off a queue as written.
func (p *Producer) settled(pl *plan, q *queue) {
	b := q.batches[0]
	p.cfg.Hooks.written(len(b.indexes), b.encoded.Size())
	pl.finished(q)
}

// unwritten reports whether an error is one of those that a broker finds before it
// appends a batch. It may have written the batch before it came to any other, such as one
// that nobody expects of it (UNKNOWN_SERVER_ERROR).
func unwritten(err error) bool {
	var code kafkago.Error
	if !errors.As(err, &code) {
		return false
	}
	switch code {
	case kafkago.MessageSizeTooLarge, kafkago.RecordListTooLarge, kafkago.InvalidMessage, kafkago.InvalidRecord, kafkago.InvalidTimestamp,
		kafkago.UnknownTopicOrPartition, kafkago.UnknownTopicID, kafkago.InvalidTopic, kafkago.TopicAuthorizationFailed, kafkago.ClusterAuthorizationFailed,
		kafkago.UnsupportedVersion, kafkago.UnsupportedForMessageFormat, kafkago.UnsupportedCompressionType, kafkago.PolicyViolation:
		return true
	}
	return false
}

// refuses reports whether an error is about what is in a batch, which was not written, and
// will be the same each time.
func refuses(err error) bool {
	return unwritten(err) && !cluster.Retriable(err) && !acl.Refused(err)
}

// corruptAttempts is how often a batch is sent that a broker finds corrupt, if MaxAttempts
// allows it, or if the batch is in doubt: it may have become so on its way, and brokers
// find that before they recognise it. Those older than Kafka 2.4 say the same of a batch
// with a record that they refuse, such as one without a key for a compacted topic.
const corruptAttempts = 3

// divides reports whether an error is about a batch whose records may be fine apart
// from some, where the broker does not say which.
func (p *Producer) divides(b *batch, err error) bool {
	if errors.Is(err, kafkago.InvalidMessage) { // CORRUPT_MESSAGE
		b.corrupt++
		if b.attempts+1 == p.cfg.MaxAttempts && !b.inDoubt() {
			b.corrupt = corruptAttempts // this was the last attempt for it as a whole
		}
		return b.corrupt >= corruptAttempts
	}
	return tooLarge(err) || errors.Is(err, kafkago.InvalidRecord) || errors.Is(err, kafkago.InvalidTimestamp)
}

// judgeRecords deals with a batch that the broker refuses for some of its records
// (KIP-467): those before the first bad one go out again on their own.
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
	p.sequences.takeBack(q)
	q.err = pl.recordError(indexes[at], fmt.Errorf("write to %s/%d: %w (%s)", q.Topic, q.Partition, err, reason))
}

// split divides the first batch of a queue, which the broker refused as a whole,
// before its at-th message. It keeps its numbers: the parts follow each other
// with the same ones.
func (pl *plan) split(q *queue, at int) error {
	whole := q.batches[0]
	part := func(indexes []int) *batch {
		return &batch{indexes: indexes, stamp: whole.stamp, uncertain: whole.uncertain, named: whole.named, corrupt: whole.corrupt}
	}
	parts := []*batch{part(whole.indexes[:at]), part(whole.indexes[at:])}
	parts[1].stamp.seq = advance(whole.stamp.seq, int32(at))
	for _, b := range parts {
		b.writer = pl.writers.take()
		for _, i := range b.indexes {
			if err := b.writer.Append(&pl.messages[i].Record); err != nil {
				return err
			}
		}
		var err error
		if b.encoded, err = b.writer.Finish(pl.codec, pl.level); err != nil {
			return err
		}
		if b.stamped = whole.stamped; b.stamped {
			b.encoded.SetProducer(b.stamp.id, b.stamp.epoch, b.stamp.seq)
		}
	}
	pl.writers.give(whole.writer)
	q.batches = append(parts, q.batches[1:]...)
	return nil
}
