package produce

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// withHeaders numbers messages in their headers, made in memory of the caller's.
func withHeaders(messages []message.Message, memory []recordbatch.Header) {
	for i := range messages {
		memory[i] = recordbatch.Header{Key: "n", Value: fmt.Append(nil, i)}
		messages[i].Headers = memory[i : i+1]
	}
}

// Callers make headers in memory that they use again: what is kept of a Send that
// failed must not change with it.
func TestARepeatedSendIsKnownAgainWhateverBecameOfTheCallersMemory(t *testing.T) {
	w := newWorld(t, nil)
	messages := spread(6)
	memory := make([]recordbatch.Header, 6)
	withHeaders(messages, memory)
	w.fail(2, kerr.TopicAuthorizationFailed.Code, 1)
	n, err := w.p.Send(w.ctx, messages)
	w.True(err != nil)
	w.Equal(n, 2) // 3 and 4 are written too, with 0 and 1; 2 and 5 are not

	clear(memory)
	withHeaders(messages, make([]recordbatch.Header, 6))
	n, err = w.p.Send(w.ctx, messages[2:])
	w.NoErr(err)
	w.Equal(n, 4)
	records, err := w.truth.Consume(w.ctx, topic)
	w.NoErr(err)
	w.Equal(len(records), 6)
	for _, r := range records {
		w.Equal(len(r.Headers), 1)
		w.Equal(r.Headers[0].Value, r.Value)
	}
}

// readings makes messages of one sensor at rest: what differs is where each comes from
// and, if the timestamp is the record's, the minute.
func readings(isNow bool, positions ...int) []message.Message {
	var out []message.Message
	for _, p := range positions {
		out = append(out, message.Message{
			Topic: topic, Position: fmt.Append(nil, p), TimestampIsNow: isNow,
			Record: recordbatch.Record{Key: []byte("sensor"), Value: []byte("20.5"), Timestamp: time.Now().UnixMilli()},
		})
		if !isNow {
			out[len(out)-1].Timestamp = 60_000 * int64(p)
		}
	}
	return out
}

// The first record is written and the answer lost, so that it fails: whether the next
// one is the same again shows its position and nothing else.
func TestSendKnowsARecordByItsPosition(t *testing.T) {
	for name, isNow := range map[string]bool{"with timestamps of the records": false, "with timestamps of the attempts": true} {
		for again, c := range map[string]struct {
			positions []int
			want      int // in the log at the end
		}{
			"another record":               {[]int{2}, 2},
			"the same":                     {[]int{1}, 1},
			"the same, and another":        {[]int{1, 2}, 2},
			"another, and then that again": {[]int{2, 1}, 3},
		} {
			t.Run(name+"/"+again, func(t *testing.T) {
				var spoiler embedded.Spoiler
				w := newWorld(t, func(c *Config) { c.MaxAttempts = 1 }, spoiler.Option())
				spoiler.Next(kmsg.Produce, embedded.Spoils()[0], 1)
				n, err := w.p.Send(w.ctx, readings(isNow, 1))
				w.Equal(n, 0)
				w.True(err != nil)
				n, err = w.p.Send(w.ctx, readings(isNow, c.positions...))
				w.NoErr(err)
				w.Equal(n, len(c.positions))
				records, err := w.truth.Consume(w.ctx, topic)
				w.NoErr(err)
				w.Equal(len(records), c.want)
				if last := c.positions[len(c.positions)-1]; !isNow {
					w.Equal(records[len(records)-1].Timestamp.UnixMilli(), 60_000*int64(last))
				}
			})
		}
	}
}

// What is said of a record that fails is said of that one, not of one before it that
// looked like it.
func TestSendNamesTheRecordThatFails(t *testing.T) {
	w := newWorld(t, nil)
	w.fail(0, kerr.TopicAuthorizationFailed.Code, -1)
	for _, position := range []int{1, 2} {
		_, err := w.p.Send(w.ctx, readings(true, position))
		var record *RecordError
		w.True(errors.As(err, &record))
		w.Equal(string(record.Position), fmt.Sprint(position))
	}
	var dropped []string
	w = newWorld(t, func(c *Config) {
		c.MaxAttempts = 1
		c.Dropped = func(m *message.Message, _ error) { dropped = append(dropped, string(m.Position)) }
	})
	w.fail(0, kerr.NotEnoughReplicas.Code, 1)
	_, err := w.p.Send(w.ctx, readings(true, 1))
	w.True(err != nil)
	w.fail(0, kerr.MessageTooLarge.Code, 1)
	_, err = w.p.Send(w.ctx, readings(true, 2))
	w.NoErr(err)
	w.Equal(dropped, []string{"2"})
}

// The records that a processor makes of one share its position.
func TestSendKnowsPartsOfARecordByTheirContent(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxAttempts = 1 })
	part := func(value string) []message.Message {
		m := readings(true, 1)
		m[0].Value = []byte(value)
		return m
	}
	w.fail(0, kerr.NotEnoughReplicas.Code, 1)
	_, err := w.p.Send(w.ctx, part("a"))
	w.True(err != nil)
	_, err = w.p.Send(w.ctx, part("b"))
	w.NoErr(err)
	w.Equal(w.written(), map[int32][]string{0: {"b"}})
}
