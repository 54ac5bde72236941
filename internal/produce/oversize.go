package produce

import (
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// TooLargeError says that a message is too large to be sent, or that the broker
// found it so.
type TooLargeError struct {
	Topic   string
	Size    int   // bytes, of a record batch with this message alone, uncompressed
	Limit   int   // Config.BatchBytes
	Refused error // what the broker said; nil if it wasn't asked
}

func (e *TooLargeError) Error() string {
	if e.Refused != nil {
		return fmt.Sprintf("the record takes %d bytes as a batch of its own, before compression, which is more than max.message.bytes of topic %q allows; raise that, and message.max.bytes of the brokers where the topic has none: %v",
			e.Size, e.Topic, e.Refused)
	}
	return fmt.Sprintf("the record takes %d bytes as a batch of its own, over batchBytes (%d); raise batchBytes, and max.message.bytes of topic %q with it",
		e.Size, e.Limit, e.Topic)
}

func (e *TooLargeError) Unwrap() error { return e.Refused }

// checkSize says whether a message is too large for a batch of its own.
func (p *Producer) checkSize(m *message.Message, measured recordbatch.Measured) error {
	if size := measured.BatchSize(); size > p.cfg.BatchBytes {
		return &TooLargeError{Topic: m.Topic, Size: size, Limit: p.cfg.BatchBytes}
	}
	return nil
}

// tooLarge reports whether the broker found a batch larger than it takes, for the
// topic's limit or for a whole segment.
func tooLarge(err error) bool {
	return errors.Is(err, kafkago.MessageSizeTooLarge) || errors.Is(err, kafkago.RecordListTooLarge)
}

// oversized is about the first batch of a queue, of one message, which the broker
// found too large: its error, or nil if it was dropped.
func (p *Producer) oversized(pl *plan, q *queue, cause error) error {
	m := &pl.messages[q.batches[0].indexes[0]]
	err := &TooLargeError{Topic: m.Topic, Size: recordbatch.Measure(&m.Record).BatchSize(), Limit: p.cfg.BatchBytes, Refused: cause}
	if p.cfg.Dropped == nil {
		return err
	}
	p.cfg.Dropped(m, err)
	dropped := q.batches[0]
	pl.finished(q)
	switch {
	case dropped.stamped && dropped.uncertain:
		// An earlier attempt may have been written after all: its numbers are spent.
		p.sequences.renumber(q.batches)
	case dropped.stamped:
		p.sequences.rewind(q, dropped.stamp)
	}
	return nil
}
