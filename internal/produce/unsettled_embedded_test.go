package produce

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
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
	w.fail(2, kerr.PolicyViolation.Code, 1)
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
	w.fail(0, kerr.PolicyViolation.Code, -1)
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

// A Send whose answers are lost is sent again in parts: each message is written once.
func TestSendGoesOnWithPartsOfWhatWasLeft(t *testing.T) {
	for name, parts := range map[string][][2]int{
		"all of it":               {{0, 12}},
		"one by one":              {{0, 1}, {1, 2}, {2, 3}, {3, 12}},
		"in two":                  {{0, 5}, {5, 12}},
		"with what is new":        {{0, 5}, {5, 15}},
		"the same part again":     {{0, 12}, {12, 15}},
		"after the first":         {{1, 12}},
		"after the first, in two": {{2, 6}, {6, 15}},
		"after a gap":             {{0, 4}, {6, 9}, {9, 12}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, lost := range []int{0, 1, 2} { // answers, each of three batches
				var spoiler embedded.Spoiler
				w := newWorld(t, func(c *Config) { c.MaxAttempts, c.BatchBytes = 1, 90 }, kfake.NumBrokers(1), spoiler.Option())
				messages := spread(15)
				if lost > 0 {
					spoiler.Next(kmsg.Produce, embedded.Spoils()[0], lost)
				} else {
					w.fail(0, kerr.NotEnoughReplicas.Code, 1)
				}
				_, err := w.p.Send(w.ctx, messages[:12])
				w.True(err != nil)
				for spoiler.Left() > 0 {
					_, err = w.p.Send(w.ctx, messages[:12])
					w.True(err != nil)
				}
				sent := map[string]bool{}
				for _, part := range parts {
					n, err := w.p.Send(w.ctx, messages[part[0]:part[1]])
					w.NoErr(err)
					w.Equal(n, part[1]-part[0])
					for _, m := range messages[part[0]:part[1]] {
						sent[string(m.Value)] = true
					}
				}
				count := map[string]int{}
				for _, values := range w.written() {
					for _, v := range values {
						count[v]++
					}
				}
				for v := range sent {
					w.Equal(count[v], 1)
				}
				for _, n := range count {
					w.Equal(n, 1) // also of what was not sent again
				}
			}
		})
	}
}

// A broker that has not written a batch gets it without what was passed over.
func TestSendLeavesOutWhatIsPassedOver(t *testing.T) {
	for name, code := range map[string]*kerr.Error{
		"refused": kerr.InvalidRecord, "refused by a policy": kerr.PolicyViolation, "out of sequence": kerr.OutOfOrderSequenceNumber,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *Config) { c.MaxAttempts = 1 })
			_, err := w.p.Send(w.ctx, spread(3))
			w.NoErr(err)
			messages := []message.Message{to(topic, 0, "passed over"), to(topic, 0, "b"), to(topic, 0, "c")}
			for i := range messages {
				messages[i].Position = fmt.Append(nil, i)
			}
			w.fail(0, kerr.RequestTimedOut.Code, 1) // in doubt
			_, err = w.p.Send(w.ctx, messages)
			w.True(err != nil)
			w.fail(0, code.Code, 1)
			n, err := w.p.Send(w.ctx, messages[1:])
			w.NoErr(err)
			w.Equal(n, 2)
			w.Equal(w.written()[0], []string{"0", "b", "c"})
		})
	}
}

// A batch in doubt goes out whole, with messages that are passed over or held back. Those of
// other partitions neither wait for it nor fail with it.
func TestSendFailsForNoMessageOfALaterSend(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxAttempts = 1 })
	messages := []message.Message{to(topic, 0, "passed over"), to(topic, 1, "now"), to(topic, 0, "later")}
	for i := range messages {
		messages[i].Position = fmt.Append(nil, i)
	}
	w.fail(0, kerr.RequestTimedOut.Code, 2)
	_, err := w.p.Send(w.ctx, messages)
	w.True(err != nil)
	n, err := w.p.Send(w.ctx, messages[1:2])
	w.NoErr(err)
	w.Equal(n, 1)
	w.Equal(w.written()[1], []string{"now"})
	_, err = w.p.Send(w.ctx, messages[2:])
	w.True(err != nil)
	_, err = w.p.Send(w.ctx, messages[2:])
	w.NoErr(err)
	w.Equal(w.written()[0], []string{"passed over", "later"}) // the first was in doubt, and still is
}
