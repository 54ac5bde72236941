package produce

import (
	"slices"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// from is a message that differs from others in its position.
func from(position, value string) []message.Message {
	m := to(topic, 0, value)
	m.Position = []byte(position)
	return []message.Message{m}
}

// writeAndAnswer has the next produce request written, and then answered with something else.
func (w *world) writeAndAnswer(answer func(kmsg.Request) kmsg.Response) {
	var done atomic.Bool
	w.fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		if !done.CompareAndSwap(false, true) {
			return nil, nil, false
		}
		w.fake.SleepControl(func() {
			again := *req.(*kmsg.ProduceRequest)
			again.Topics = slices.Clone(again.Topics)
			again.Topics[0].TopicID = w.fake.TopicInfo(topic).TopicID
			res, err := w.truth.Raw().Broker(0).Request(w.ctx, &again)
			if err != nil || res.(*kmsg.ProduceResponse).Topics[0].Partitions[0].ErrorCode != 0 {
				w.t.Error(res, err)
			}
		})
		return answer(req), nil, true
	})
}

// A broker comes to most errors before it writes a batch, and to some after that.
// The numbers of such a batch are spent: another one must not get them.
func TestRecordsAfterABatchThatFailedAlthoughItIsWrittenAreWrittenToo(t *testing.T) {
	for name, answer := range map[string]func(kmsg.Request) kmsg.Response{
		"not mentioned":        kmsg.Request.ResponseKind,
		"unknown server error": func(req kmsg.Request) kmsg.Response { return embedded.Refusal(req, kerr.UnknownServerError.Code) },
		"a code of the future": func(req kmsg.Request) kmsg.Response { return embedded.Refusal(req, 999) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *Config) { c.MaxAttempts = 1 }, kfake.NumBrokers(1))
			_, err := w.p.Send(w.ctx, from("0", "first"))
			w.NoErr(err)
			w.writeAndAnswer(answer)
			_, err = w.p.Send(w.ctx, from("1", "doubtful"))
			w.True(err != nil)
			_, err = w.p.Send(w.ctx, from("2", "next"))
			w.NoErr(err)
			w.Equal(w.written()[0], []string{"first", "doubtful", "next"})
		})
	}
}

func TestABatchThatFailedAlthoughItIsWrittenIsNotWrittenTwice(t *testing.T) {
	w := newWorld(t, nil, kfake.NumBrokers(1))
	w.writeAndAnswer(func(req kmsg.Request) kmsg.Response { return embedded.Refusal(req, kerr.UnknownServerError.Code) })
	for _, first := range []bool{true, false} {
		_, err := w.p.Send(w.ctx, from("1", "doubtful"))
		w.Equal(err != nil, first)
		w.Equal(w.written()[0], []string{"doubtful"})
	}
}

// Brokers remember the last batches of a producer, and say of others with numbers that were
// used that they are duplicates. That is so of one which may be there. One that was not
// sent before has the number of another.
func TestSendBelievesADuplicateIfABrokerMayHaveIt(t *testing.T) {
	for name, written := range map[string]bool{"it is there": true, "it was never sent": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil, kfake.NumBrokers(1))
			refuse := embedded.Refuse(w.fake, kmsg.Produce, func(kmsg.Request) string { return "" })
			if written {
				w.writeAndAnswer(func(req kmsg.Request) kmsg.Response {
					refuse.Next("", kerr.DuplicateSequenceNumber.Code, 1)
					return req.ResponseKind() // which does not mention it
				})
			} else {
				refuse.Next("", kerr.DuplicateSequenceNumber.Code, 1)
			}
			_, err := w.p.Send(w.ctx, from("1", "record"))
			w.NoErr(err)
			w.Equal(refuse.Left(""), 0)
			w.Equal(w.written()[0], []string{"record"})
		})
	}
}

// A broker finds a batch corrupt before it looks whether it has it: in parts it would not
// recognise it.
func TestSendDividesNoBatchInDoubtThatCameCorruptOnce(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxAttempts = 1 }, kfake.NumBrokers(1))
	refuse := embedded.Refuse(w.fake, kmsg.Produce, func(kmsg.Request) string { return "" })
	w.writeAndAnswer(func(req kmsg.Request) kmsg.Response {
		refuse.Next("", kerr.CorruptMessage.Code, 1)
		return req.ResponseKind() // which does not mention it
	})
	messages := append(from("1", "a"), from("2", "b")...)
	for range 2 { // no answer about it, then corrupt
		_, err := w.p.Send(w.ctx, messages)
		w.True(err != nil)
	}
	n, err := w.p.Send(w.ctx, messages)
	w.NoErr(err)
	w.Equal(n, 2)
	w.Equal(w.written()[0], []string{"a", "b"})
}

// Batches with the producer ID -1 have no numbers: a retry would write them twice.
func TestSendTakesNoProducerIDThatNumbersNothing(t *testing.T) {
	w := newWorld(t, nil)
	embedded.Refuse(w.fake, kmsg.InitProducerID, func(kmsg.Request) string { return "" }).Next("", 0, 2) // none, without an error
	_, err := w.p.Send(w.ctx, spread(3))
	w.NoErr(err)
	w.Equal(w.written(), wants(3))
	w.True(w.p.sequences.id >= 0)
}
