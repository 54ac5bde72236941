package produce

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// keyedFrom makes messages from..to-1, each with its number as key and value.
func keyedFrom(from, to int) []message.Message {
	var out []message.Message
	for i := from; i < to; i++ {
		m := message.Message{Topic: topic, Partition: message.PartitionAny}
		m.Key, m.Value = fmt.Append(nil, i), fmt.Append(nil, i)
		out = append(out, m)
	}
	return out
}

// hasKeyed checks that messages from..to-1 are there once, where their keys belong, and
// in order.
func (w *world) hasKeyed(from, to, partitions int) {
	w.t.Helper()
	records, err := w.truth.Consume(w.ctx, topic)
	w.NoErr(err)
	w.Equal(len(records), to-from)
	last := map[int32]int{}
	for _, r := range records {
		want := kgo.StickyKeyPartitioner(nil).ForTopic(topic).Partition(&kgo.Record{Key: r.Key}, partitions)
		w.Equal(int(r.Partition), want)
		var i int
		_, err := fmt.Sscan(string(r.Value), &i)
		w.NoErr(err)
		w.True(i >= from && i < to && i >= last[r.Partition])
		last[r.Partition] = i + 1
	}
}

func TestSendCreatesATopicAgainThatWasDeleted(t *testing.T) {
	for _, timeout := range []time.Duration{10 * time.Second, 0} {
		for _, partitions := range []int{1, 3, 7} {
			t.Run(fmt.Sprint(timeout, " ", partitions), func(t *testing.T) {
				w := newWorld(t, func(c *Config) {
					c.DeliveryTimeout = timeout
					c.NewTopics = NewTopics{Create: true, Partitions: partitions, ReplicationFactor: 1}
				})
				_, err := w.p.Send(w.ctx, keyedFrom(0, 30))
				w.NoErr(err)
				w.NoErr(w.truth.DeleteTopic(w.ctx, topic))
				n, err := w.p.Send(w.ctx, keyedFrom(30, 60))
				w.NoErr(err)
				w.Equal(n, 30)
				n, err = w.p.Send(w.ctx, keyedFrom(60, 90))
				w.NoErr(err)
				w.Equal(n, 30)
				w.hasKeyed(30, 90, partitions)
			})
		}
	}
}

func TestSendFailsWhereATopicWasDeletedAndMayNotBeCreated(t *testing.T) {
	for _, timeout := range []time.Duration{10 * time.Second, 0} {
		t.Run(timeout.String(), func(t *testing.T) {
			w := newWorld(t, func(c *Config) { c.DeliveryTimeout = timeout }, kfake.SeedTopics(1, "other"))
			w.p.patience = 200 * time.Millisecond
			_, err := w.p.Send(w.ctx, append(spread(3), to("other", 0, "x")))
			w.NoErr(err)
			w.NoErr(w.truth.DeleteTopic(w.ctx, topic))
			n, err := w.p.Send(w.ctx, append([]message.Message{to("other", 0, "y")}, spread(3)...))
			w.Equal(n, 1)
			w.True(errors.Is(err, kafkago.UnknownTopicOrPartition))
			w.True(strings.Contains(err.Error(), `find topic "t": it does not exist, and topicAutoCreate is off`))
		})
	}
}

func TestSendDividesAgainWhatIsForATopicMadeAgain(t *testing.T) {
	for name, opts := range map[string][]kfake.Opt{
		"with topic IDs":    nil,
		"without topic IDs": {kfake.MaxVersions(kversion.V2_7_0())},
	} {
		for _, partitions := range []int{1, 2, 3, 5} {
			if opts != nil && partitions > 3 {
				continue // nothing tells that from partitions that were added
			}
			t.Run(fmt.Sprint(name, " ", partitions), func(t *testing.T) {
				w := newWorld(t, func(c *Config) { c.DeliveryTimeout, c.BatchBytes = 0, 200 }, opts...)
				_, err := w.p.Send(w.ctx, keyedFrom(0, 30))
				w.NoErr(err)
				w.NoErr(w.truth.DeleteTopic(w.ctx, topic))
				w.NoErr(w.truth.CreateTopic(w.ctx, topic, int32(partitions), nil))
				_, err = w.p.client.Refresh(w.ctx, []string{"another"})
				w.NoErr(err)
				n, err := w.p.Send(w.ctx, keyedFrom(30, 60))
				w.NoErr(err)
				w.Equal(n, 30)
				records, err := w.truth.Consume(w.ctx, topic)
				w.NoErr(err)
				w.Equal(len(records), 30)
				n, err = w.p.Send(w.ctx, keyedFrom(60, 90))
				w.NoErr(err)
				w.Equal(n, 30)
			})
		}
	}
}

// The new topic has another leader, so that nothing gets into it before the producer
// knows of it.
func TestSendPutsKeysWhereTheyBelongInATopicMadeAgain(t *testing.T) {
	for _, partitions := range []int{1, 2, 3, 5} {
		t.Run(fmt.Sprint(partitions), func(t *testing.T) {
			w := newWorld(t, func(c *Config) { c.DeliveryTimeout, c.BatchBytes = 0, 200 })
			for id := range int32(3) {
				w.NoErr(w.fake.MoveTopicPartition(topic, id, 0))
			}
			_, err := w.p.Send(w.ctx, keyedFrom(0, 30))
			w.NoErr(err)
			w.NoErr(w.truth.DeleteTopic(w.ctx, topic))
			w.NoErr(w.truth.CreateTopic(w.ctx, topic, int32(partitions), nil))
			for id := range int32(partitions) {
				w.NoErr(w.fake.MoveTopicPartition(topic, id, 1))
			}
			w.unknownAt(0) // as where the broker held the old topic alone
			n, err := w.p.Send(w.ctx, keyedFrom(30, 60))
			w.NoErr(err)
			w.Equal(n, 30)
			n, err = w.p.Send(w.ctx, keyedFrom(60, 90))
			w.NoErr(err)
			w.Equal(n, 30)
			w.hasKeyed(30, 90, partitions)
		})
	}
}

// unknownAt has a broker answer produce requests as if it had no replica.
func (w *world) unknownAt(node int32) {
	embedded.Answer(w.fake, kmsg.Produce, func(req kmsg.Request) kmsg.Response {
		if w.fake.CurrentNode() != node {
			return nil
		}
		return embedded.Refusal(req, int16(kafkago.UnknownTopicOrPartition))
	})
}

// The partition that a message names itself is gone: it fails, and those before it are
// written.
func TestSendFailsAtAPartitionThatATopicMadeAgainDoesNotHave(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.DeliveryTimeout = 0 })
	w.p.patience = 100 * time.Millisecond
	_, err := w.p.Send(w.ctx, spread(3))
	w.NoErr(err)
	w.NoErr(w.truth.DeleteTopic(w.ctx, topic))
	w.NoErr(w.truth.CreateTopic(w.ctx, topic, 1, nil))
	messages := []message.Message{to(topic, 0, "a"), to(topic, message.PartitionAny, "b"), to(topic, 2, "c"), to(topic, 0, "d"), to(topic, 2, "e")}
	messages[1].Key = []byte("b")
	n, err := w.p.Send(w.ctx, messages)
	w.Equal(n, 2)
	var none *NoPartitionError
	var record *RecordError
	w.True(errors.As(err, &none) && errors.As(err, &record))
	w.Equal(record.Index, 2)
	// Given again they are still there.
	n, err = w.p.Send(w.ctx, messages[2:])
	w.Equal(n, 0)
	w.True(errors.As(err, &none))
	w.NoErr(w.truth.AddPartitions(w.ctx, topic, 3))
	n, err = w.p.Send(w.ctx, messages[2:])
	w.NoErr(err)
	w.Equal(n, 3)
	records, err := w.truth.Consume(w.ctx, topic)
	w.NoErr(err)
	w.Equal(len(records), 5)
}

// remadeWithoutAnswer makes the topic again, with a number of partitions, before messages
// 30..89 are sent, and has the first answer to those lost.
func remadeWithoutAnswer(t *testing.T, partitions int, opts ...kfake.Opt) *world {
	t.Helper()
	var spoiler embedded.Spoiler
	opts = append(opts, kfake.NumBrokers(1), spoiler.Option())
	w := newWorld(t, func(c *Config) { c.DeliveryTimeout, c.BatchBytes = 0, 300 }, opts...)
	_, err := w.p.Send(w.ctx, keyedFrom(0, 30))
	w.NoErr(err)
	w.NoErr(w.truth.DeleteTopic(w.ctx, topic))
	w.NoErr(w.truth.CreateTopic(w.ctx, topic, int32(partitions), nil))
	spoiler.Next(kmsg.Produce, embedded.Spoils()[0], 1)
	n, err := w.p.Send(w.ctx, keyedFrom(30, 90))
	w.NoErr(err)
	w.Equal(n, 60)
	w.Equal(spoiler.Left(), 0)
	return w
}

// The new topic has taken a batch whose answer was lost: it must not be divided again.
func TestSendWritesOnceIntoATopicMadeAgain(t *testing.T) {
	for _, again := range []int{3, 2, 5} {
		t.Run(fmt.Sprint(again), func(t *testing.T) {
			w := remadeWithoutAnswer(t, again, upTo(lastNamed))
			records, err := w.truth.Consume(w.ctx, topic)
			w.NoErr(err)
			count := map[string]int{}
			for _, r := range records {
				count[string(r.Value)]++
			}
			w.Equal(len(count), 60)
			w.Equal(len(records), 60)
		})
	}
}

// What was sent to the ID of the topic that was before is not in the new one, whatever came of
// the answer: keys go where later messages with them will.
func TestSendDividesAgainWhatWasSentToTheTopicThatWasBefore(t *testing.T) {
	for _, again := range []int{3, 2, 5} {
		t.Run(fmt.Sprint(again), func(t *testing.T) {
			w := remadeWithoutAnswer(t, again)
			w.hasKeyed(30, 90, again)
		})
	}
}

// A broker that refuses an ID has not had the batch: it is no attempt to write it.
func TestSendIntoATopicMadeAgainIsTheFirstAttempt(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxAttempts = 1 })
	_, err := w.p.Send(w.ctx, keyedFrom(0, 30))
	w.NoErr(err)
	w.NoErr(w.truth.DeleteTopic(w.ctx, topic))
	w.NoErr(w.truth.CreateTopic(w.ctx, topic, 2, nil))
	n, err := w.p.Send(w.ctx, keyedFrom(30, 60))
	w.NoErr(err)
	w.Equal(n, 30)
	w.hasKeyed(30, 60, 2)
	w.fail(0, kerr.UnknownTopicID.Code, -1) // and so for ever: it ends
	n, err = w.p.Send(w.ctx, []message.Message{to(topic, 0, "x")})
	w.Equal(n, 0)
	w.Equal(attemptsIn(err), 1)
}

// A request is on its way to a broker while its topic is made again, and arrives when the
// new one has what it carries: it does not get into that.
func TestARequestThatIsLateDoesNotGetIntoATopicMadeAgain(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.DeliveryTimeout, c.RequestTimeout = 0, 500*time.Millisecond }, kfake.NumBrokers(1))
	_, err := w.p.Send(w.ctx, keyedFrom(0, 30))
	w.NoErr(err)
	var late *kmsg.ProduceRequest
	w.fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		late = req.(*kmsg.ProduceRequest)
		return nil, nil, true // no answer
	})
	// The producer finds out about it when the request has no answer.
	w.NoErr(w.truth.DeleteTopic(w.ctx, topic))
	w.NoErr(w.truth.CreateTopic(w.ctx, topic, 2, nil))
	_, err = w.p.Send(w.ctx, keyedFrom(30, 60))
	w.NoErr(err)
	w.NoErr(w.truth.AddPartitions(w.ctx, topic, 3))
	res, err := w.truth.Raw().Broker(0).Request(w.ctx, late)
	w.NoErr(err)
	got := res.(*kmsg.ProduceResponse).Topics
	w.Equal(len(got), 1)
	for _, p := range got[0].Partitions {
		w.Equal(p.ErrorCode, kerr.UnknownTopicID.Code)
	}
	w.hasKeyed(30, 60, 2)
}

// A batch that stays where it is in a topic made again comes first in its partition, and
// may be refused. What comes before it in the batch of the Send is written all the same.
func TestSendWritesWhatComesBeforeABatchThatATopicMadeAgainRefuses(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.BatchBytes = 80 })
	_, err := w.p.Send(w.ctx, spread(3))
	w.NoErr(err)
	embedded.Answer(w.fake, kmsg.Produce, func(req kmsg.Request) kmsg.Response {
		if bytes.Contains(req.(*kmsg.ProduceRequest).Topics[0].Partitions[0].Records, []byte("refused")) {
			return embedded.Refusal(req, kerr.InvalidRecord.Code)
		}
		return nil
	})
	var messages []message.Message
	for _, value := range []string{"value a", "value b", "refused", "value d"} {
		messages = append(messages, to(topic, 0, value))
	}
	for _, uncertain := range []bool{true, false} {
		plan, err := w.p.plan(messages)
		w.NoErr(err)
		q := plan.queues[0]
		w.Equal(len(q.batches), 4)
		q.batches[0], q.batches[1], q.batches[2] = q.batches[2], q.batches[0], q.batches[1]
		q.batches[0].uncertain = uncertain
		n, err := w.p.finish(w.ctx, &search{producer: w.p}, plan)
		w.Equal(n, 2)
		var record *RecordError
		w.True(errors.As(err, &record))
		w.Equal(record.Index, 2)
		n, err = w.p.Send(w.ctx, messages[2:]) // it goes on there
		w.Equal(n, 0)
		w.True(errors.As(err, &record))
		w.Equal(record.Index, 0)
		n, err = w.p.Send(w.ctx, spread(1))
		w.NoErr(err)
		w.Equal(n, 1)
	}
	w.Equal(w.written()[0], []string{"0", "value a", "value b", "0", "value a", "value b", "0"})
}
