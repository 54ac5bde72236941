package produce

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// renumbered are codes of a broker that expects other sequence numbers.
var renumbered = []int16{
	kerr.OutOfOrderSequenceNumber.Code, kerr.InvalidProducerEpoch.Code, kerr.UnknownProducerID.Code, kerr.DuplicateSequenceNumber.Code,
}

// divided are codes of a batch that may be fine in parts.
var divided = []int16{kerr.MessageTooLarge.Code, kerr.RecordListTooLarge.Code, kerr.InvalidRecord.Code, kerr.InvalidTimestamp.Code}

func passes(code int16) bool {
	return triedAgain(code) || slices.Contains(renumbered, code) || slices.Contains(divided, code)
}

// triedAgain reports whether a request that was answered with a code is sent again. So is
// one that was denied, for some seconds.
func triedAgain(code int16) bool {
	err := cluster.CodeError(code)
	return cluster.Retriable(err) || acl.Refused(err)
}

// One partition of three answers with an error code. Either everything is
// written in the end, once and in order, or the error names the partition, and what
// was written before it is counted. Java's client does the same, except that it divides a
// batch only for MESSAGE_TOO_LARGE, and believes a denial at once.
func TestWritesThroughEachErrorCode(t *testing.T) {
	t.Parallel()
	for _, code := range embedded.Codes() {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			w := newWorld(t, nil)
			times := 1
			if passes(code) {
				times = 2
			}
			w.fail(1, code, times)
			n, err := w.p.Send(w.ctx, spread(30))
			switch {
			case passes(code):
				w.NoErr(err)
				w.Equal(n, 30)
				w.Equal(w.written(), wants(30))
			default:
				w.True(errors.Is(err, kafkago.Error(code)))
				w.True(strings.Contains(err.Error(), "t/1"))
				w.Equal(n, 1) // message 0 is partition 0's, which is written at the second attempt
				w.Equal(len(w.written()[1]), 0)
			}
			// It is in order again, under whatever numbers.
			n, err = w.p.Send(w.ctx, spread(3))
			w.NoErr(err)
			w.Equal(n, 3)
		})
	}
}

func TestGetsAProducerIDThroughEachErrorCode(t *testing.T) {
	t.Parallel()
	for _, code := range embedded.Codes() {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			w := newWorld(t, nil)
			refuse := embedded.Refuse(w.fake, kmsg.InitProducerID, func(kmsg.Request) string { return "" })
			refuse.Next("", code, 2)
			n, err := w.p.Send(w.ctx, spread(3))
			if triedAgain(code) {
				w.NoErr(err)
				w.Equal(w.written(), wants(3))
				return
			}
			w.Equal(n, 0)
			w.True(errors.Is(err, kafkago.Error(code)))
			w.True(strings.Contains(err.Error(), "producer ID"))
			w.True(slices.ContainsFunc(w.fake.ListenAddrs(), func(addr string) bool { // which answered
				return strings.Contains(err.Error(), "broker "+addr+":")
			}))
			w.Equal(refuse.Left(""), 1) // at once
		})
	}
}

func TestFindsItsTopicThroughEachErrorCode(t *testing.T) {
	t.Parallel()
	for _, code := range embedded.Codes() {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			w := newWorld(t, nil)
			refuse := embedded.Refuse(w.fake, kmsg.Metadata, func(kmsg.Request) string { return "" })
			refuse.Next("", code, 2)
			n, err := w.p.Send(w.ctx, spread(3))
			if triedAgain(code) {
				w.NoErr(err)
				w.Equal(w.written(), wants(3))
				return
			}
			w.Equal(n, 0)
			w.True(errors.Is(err, kafkago.Error(code)))
			w.True(strings.Contains(err.Error(), `topic "t"`))
			w.Equal(refuse.Left(""), 1) // at once
		})
	}
}

// Answers that are lost or broken say nothing of what was written: the broker has
// written it, here, and recognises the numbers.
func TestWritesOnceThoughAnswersAreLostOrBroken(t *testing.T) {
	for _, key := range []kmsg.Key{kmsg.Metadata, kmsg.InitProducerID, kmsg.Produce} {
		for _, spoil := range embedded.Spoils() {
			t.Run(key.Name()+"/"+spoil.Name, func(t *testing.T) {
				var spoiler embedded.Spoiler
				w := newWorld(t, func(c *Config) { c.BatchBytes = 300 }, spoiler.Option()) // many batches
				spoiler.Next(key, spoil, 3)
				n, err := w.p.Send(w.ctx, spread(300))
				w.NoErr(err)
				w.Equal(n, 300)
				w.True(spoiler.Left() < 3)
				spoiler.Next(key, spoil, 0)
				w.Equal(w.written(), wants(300))
			})
		}
	}
}

func TestWritesAgainWhatTheAnswerDoesNotMention(t *testing.T) {
	w := newWorld(t, nil)
	n := embedded.Count(w.fake, int16(kmsg.Produce))
	w.fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		return req.ResponseKind(), nil, true
	})
	_, err := w.p.Send(w.ctx, spread(30))
	w.NoErr(err)
	w.Equal(w.written(), wants(30))
	w.True(n.Load() > 1)
}

// Error codes of records (KIP-467) name the one that the broker refuses.
func TestNamesTheRecordThatTheBrokerRefuses(t *testing.T) {
	is := is.New(t)
	w := newWorld(t, nil)
	embedded.Answer(w.fake, kmsg.Produce, func(req kmsg.Request) kmsg.Response {
		at := strings.Index(string(req.(*kmsg.ProduceRequest).Topics[0].Partitions[0].Records), "bad")
		if at < 0 {
			return nil
		}
		res := embedded.Refusal(req, kerr.InvalidRecord.Code).(*kmsg.ProduceResponse)
		p := &res.Topics[0].Partitions[0]
		bad := kmsg.NewProduceResponseTopicPartitionErrorRecord()
		bad.RelativeOffset, bad.ErrorMessage = 0, kmsg.StringPtr("a bad one")
		var b kmsg.RecordBatch
		is.NoErr(b.ReadFrom(req.(*kmsg.ProduceRequest).Topics[0].Partitions[0].Records))
		if b.NumRecords > 3 {
			bad.RelativeOffset = 3 // in the whole batch
		}
		p.ErrorRecords = append(p.ErrorRecords, bad)
		return res
	})
	messages := spread(10)
	for i := range messages {
		messages[i].Partition = 0
	}
	messages[3].Value = []byte("bad")
	n, err := w.p.Send(w.ctx, messages)
	is.Equal(n, 3)
	var record *RecordError
	is.True(errors.As(err, &record))
	is.Equal(record.Index, 3)
	is.True(errors.Is(err, kafkago.InvalidRecord))
	is.True(strings.Contains(err.Error(), "t/0") && strings.Contains(err.Error(), "a bad one"))
	is.Equal(w.written()[0], []string{"0", "1", "2"})
}
