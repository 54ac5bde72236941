package produce

import (
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// answered is a queue of one partition whose batches, of one message each, a test answers
// itself.
type answered struct {
	*is.I
	p  *Producer
	pl *plan
	q  *queue
}

// newAnswered has batches with these messages, in this order, as after a topic was made
// again.
func newAnswered(t *testing.T, indexes ...int) *answered {
	p := New(nil, Config{Acks: AcksAll, BatchBytes: 1 << 20, Codec: recordbatch.None, Dropped: func(*message.Message, error) {}})
	p.sequences.begin(7, 0)
	n := len(indexes)
	messages := make([]message.Message, n)
	pl := &plan{batching: p.batching(), messages: messages, until: n, durable: make([]bool, n), passed: make([]bool, n)}
	a := &answered{is.New(t), p, pl, &queue{TopicPartition: message.TopicPartition{Topic: "t"}}}
	for _, i := range indexes {
		b := &batch{indexes: []int{i}, writer: p.writers.take()}
		a.NoErr(b.writer.Append(&messages[i].Record))
		a.q.batches = append(a.q.batches, b)
	}
	pl.queues = []*queue{a.q}
	return a
}

// encode reports whether the first batch may be sent.
func (a *answered) encode() bool { return a.p.encode([]*queue{a.q}) }

// answer sends the first batch and answers it.
func (a *answered) answer(code kafkago.Error) {
	a.True(a.encode())
	a.p.judge(a.pl, []*queue{a.q}, response{partitions: map[message.TopicPartition]partitionResponse{a.q.TopicPartition: {code: int16(code)}}})
}

// The broker may have a batch that is set aside, and recognises it by its number.
func TestABatchInDoubtKeepsItsNumberWhateverHappensToThoseBeforeIt(t *testing.T) {
	for name, test := range map[string]struct {
		uncertain bool // an attempt for the one before had no answer
		code      kafkago.Error
	}{
		"dropped":                   {false, kafkago.MessageSizeTooLarge},
		"dropped, in doubt":         {true, kafkago.MessageSizeTooLarge},
		"out of sequence":           {false, kafkago.OutOfOrderSequenceNumber},
		"out of sequence, in doubt": {true, kafkago.OutOfOrderSequenceNumber},
		"written":                   {false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAnswered(t, 1, 0)
			inDoubt := a.q.batches[0]
			a.answer(kafkago.Unknown) // which doesn't say that it was not written
			number := inDoubt.stamp
			a.Equal(inDoubt.refused != nil, true)
			a.True(!a.encode()) // no number follows one that may be taken or not
			a.True(a.q.uncounted)
			a.p.sequences.begin(8, 0)
			a.q.err = nil
			a.q.batches[0].uncertain = test.uncertain
			a.answer(test.code)
			a.True(inDoubt.stamped)
			a.Equal(inDoubt.stamp, number)
		})
	}
}

func TestRewindGivesNoNumberAgainThatABrokerMayHave(t *testing.T) {
	a := newAnswered(t, 0, 1)
	dropped, inDoubt := a.q.batches[0], a.q.batches[1]
	a.True(a.encode())
	a.q.batches = a.q.batches[1:]
	a.True(a.encode())
	number := inDoubt.stamp
	inDoubt.uncertain = true
	a.p.sequences.rewind(a.q, dropped.stamp)
	a.Equal(inDoubt.stamp, number)
	a.True(!a.p.sequences.ready())
}
