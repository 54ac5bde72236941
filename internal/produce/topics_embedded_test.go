package produce

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

func to(topic string, partition int32, value string) message.Message {
	return message.Message{Topic: topic, Partition: partition, Record: recordbatch.Record{Value: []byte(value)}}
}

// tables makes the names of n topics, and a message for each.
func tables(n int) (names []string, messages []message.Message) {
	for i := range n {
		names = append(names, fmt.Sprintf("table.%d", i))
		messages = append(messages, to(names[i], message.PartitionAny, "x"))
	}
	return names, messages
}

// withoutAnswers leaves requests of a kind unanswered from now on.
func (w *world) withoutAnswers(kind kmsg.Key) {
	w.fake.ControlKey(int16(kind), func(kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		return nil, nil, true
	})
}

func TestSendWritesWhatComesBeforeATopicThatIsMissing(t *testing.T) {
	t.Parallel()
	for name, topics := range map[string]NewTopics{
		"and may not be created":      {},
		"and can't be created so far": {Create: true, Partitions: 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *Config) { c.DeliveryTimeout, c.NewTopics = time.Second, topics })
			w.refuse(kerr.NotController, 1<<30)
			n, err := w.p.Send(w.ctx, append(spread(3), to("missing", message.PartitionAny, "x"), to("missing.too", message.PartitionAny, "x")))
			w.Equal(n, 3)
			var record *RecordError
			w.True(errors.As(err, &record))
			w.Equal(record.Index, 3)
			w.True(strings.Contains(err.Error(), `find topics "missing", "missing.too": it does not exist`))
			w.True(strings.Contains(err.Error(), "write within deliveryTimeout (1s; raise it"))
			w.Equal(w.written(), wants(3))
		})
	}
}

// What is known can be written although nobody says where what is not known goes.
func TestSendWritesWhatComesBeforeATopicThatNobodyTellsOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.DeliveryTimeout = time.Second })
	_, err := w.p.Send(w.ctx, spread(3))
	w.NoErr(err)
	w.withoutAnswers(kmsg.Metadata)
	n, err := w.p.Send(w.ctx, append(spread(6)[3:], to("missing", message.PartitionAny, "x")))
	w.Equal(n, 3)
	w.True(strings.Contains(err.Error(), `find topic "missing"`))
	w.True(strings.Contains(err.Error(), "write within deliveryTimeout"))
}

func TestSendAsksForAllItsTopicsAtOnce(t *testing.T) {
	names, messages := tables(250)
	w := newWorld(t, nil, kfake.SeedTopics(1, names...))
	asked := embedded.Count(w.fake, int16(kmsg.Metadata))
	n, err := w.p.Send(w.ctx, messages)
	w.NoErr(err)
	w.Equal(n, len(messages))
	w.Equal(asked.Load(), int64(1))
}

func TestSendCreatesAllItsTopicsAtOnce(t *testing.T) {
	_, messages := tables(60)
	w := newWorld(t, func(c *Config) { c.NewTopics = NewTopics{Create: true, Partitions: 1, ReplicationFactor: 1} })
	created := embedded.Count(w.fake, int16(kmsg.CreateTopics))
	n, err := w.p.Send(w.ctx, append(messages, messages...))
	w.NoErr(err)
	w.Equal(n, 2*len(messages))
	w.Equal(created.Load(), int64(1))
	records, err := w.truth.Consume(w.ctx, messages[59].Topic)
	w.NoErr(err)
	w.Equal(len(records), 2)
}

// A controller refuses a request that makes too many partitions at once.
func TestSendCreatesNotTooManyTopicsAtOnce(t *testing.T) {
	for _, c := range []struct {
		NewTopics
		most int
	}{
		{NewTopics{}, 500}, {NewTopics{Partitions: 1}, 2500}, {NewTopics{Partitions: 999}, 5}, {NewTopics{Partitions: 100_000}, 1},
	} {
		if got := c.atOnce(); got != c.most {
			t.Errorf("%d topics of %d partitions at once, want %d", got, c.Partitions, c.most)
		}
	}
}

// One topic that can't be created must not keep the others from being.
func TestSendFailsAtTheTopicThatCanNotBeCreated(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.NewTopics = NewTopics{Create: true, Partitions: 1} })
	_, messages := tables(6)
	messages[4].Topic = "a bad name"
	w.fake.ControlKey(int16(kmsg.CreateTopics), func(req kmsg.Request) (kmsg.Response, error, bool) {
		res := req.ResponseKind().(*kmsg.CreateTopicsResponse)
		for _, t := range req.(*kmsg.CreateTopicsRequest).Topics {
			rt := kmsg.NewCreateTopicsResponseTopic()
			if rt.Topic = t.Topic; t.Topic == "a bad name" {
				rt.ErrorCode = kerr.InvalidTopicException.Code
			} else {
				go func() { _ = w.truth.CreateTopic(w.ctx, t.Topic, 1, nil) }()
			}
			res.Topics = append(res.Topics, rt)
		}
		return res, nil, true
	})
	n, err := w.p.Send(w.ctx, messages)
	w.Equal(n, 4)
	w.True(errors.Is(err, kafkago.InvalidTopic))
	w.True(strings.Contains(err.Error(), `record 4 of the batch`))
	w.True(strings.Contains(err.Error(), `find topic "a bad name"`))
}

// A controller says that a topic exists for as long as it is being deleted.
func TestSendCreatesATopicThatIsStillBeingDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.NewTopics = NewTopics{Create: true, Partitions: 1} })
	w.refuse(kerr.TopicAlreadyExists, 3)
	n, err := w.p.Send(w.ctx, toFresh())
	w.NoErr(err)
	w.Equal(n, 1)
}

// Metadata that has grown old is renewed beside the writing, with one request.
func TestSendDoesNotWaitForTheRenewalOfMetadata(t *testing.T) {
	names, messages := tables(50)
	w := newWorld(t, nil, kfake.SeedTopics(1, names...))
	_, err := w.p.Send(w.ctx, messages)
	w.NoErr(err)
	w.p.maxAge = 0
	asked := embedded.Count(w.fake, int16(kmsg.Metadata))
	w.withoutAnswers(kmsg.Metadata)
	for range 3 {
		n, err := w.p.Send(w.ctx, messages)
		w.NoErr(err)
		w.Equal(n, len(messages))
	}
	w.p.Close() // ends the request
	w.True(asked.Load() <= 3)
}

func TestSendNoticesNewPartitionsByItself(t *testing.T) {
	w := newWorld(t, nil)
	w.p.maxAge = 0
	_, err := w.p.Send(w.ctx, spread(3))
	w.NoErr(err)
	w.NoErr(w.truth.AddPartitions(w.ctx, topic, 5))
	for w.ctx.Err() == nil {
		if known, _ := w.p.client.Cached(topic); len(known.Partitions) == 5 {
			return
		}
		_, err = w.p.Send(w.ctx, spread(3))
		w.NoErr(err)
	}
	t.Fatal("it never did")
}

func TestSendFindsAPartitionThatWasAddedAMomentAgo(t *testing.T) {
	w := newWorld(t, nil)
	_, err := w.p.Send(w.ctx, spread(3))
	w.NoErr(err)
	w.NoErr(w.truth.AddPartitions(w.ctx, topic, 5))
	n, err := w.p.Send(w.ctx, []message.Message{to(topic, 2, "old"), to(topic, 4, "new"), to(topic, 0, "old")})
	w.NoErr(err)
	w.Equal(n, 3)
	w.Equal(w.written()[4], []string{"new"})
}

func TestSendFailsAtAPartitionThatIsNotThere(t *testing.T) {
	w := newWorld(t, nil)
	w.p.patience = 100 * time.Millisecond
	looked := w.count(kmsg.Metadata)
	var looks []int64
	for i := range 3 {
		before := looked.Load()
		n, err := w.p.Send(w.ctx, append(spread(3), to(topic, 7, "x")))
		w.Equal(n, 3)
		var none *NoPartitionError
		var record *RecordError
		w.True(errors.As(err, &none) && errors.As(err, &record))
		w.Equal(*none, NoPartitionError{Topic: topic, Partition: 7, Count: 3})
		w.Equal(record.Index, 3)
		if looks = append(looks, looked.Load()-before); i > 0 {
			w.Equal(looks[i], int64(1)) // it was waited for in vain
		}
	}
	w.True(looks[0] > 2) // one for the topic
	w.NoErr(w.truth.AddPartitions(w.ctx, topic, 8))
	n, err := w.p.Send(w.ctx, []message.Message{to(topic, 7, "x")})
	w.NoErr(err)
	w.Equal(n, 1)
}

// A broker that has just started knows no topics yet, and no leaders.
func TestSendOutlivesMetadataThatKnowsNothingForAMoment(t *testing.T) {
	t.Parallel()
	for _, code := range []*kerr.Error{kerr.UnknownTopicOrPartition, kerr.LeaderNotAvailable, kerr.UnknownTopicID} {
		for name, topics := range map[string]NewTopics{"creating topics": {Create: true, Partitions: 1}, "creating none": {}} {
			t.Run(code.Message+" "+name, func(t *testing.T) {
				w := newWorld(t, func(c *Config) { c.NewTopics = topics })
				_, err := w.p.Send(w.ctx, spread(3))
				w.NoErr(err)
				refuse := embedded.Refuse(w.fake, kmsg.Metadata, func(kmsg.Request) string { return "" })
				refuse.Next("", code.Code, 4)
				w.fail(0, kerr.NotLeaderForPartition.Code, 2)
				n, err := w.p.Send(w.ctx, spread(30)[3:])
				w.NoErr(err)
				w.Equal(n, 27)
				w.Equal(refuse.Left(""), 0)
				w.Equal(w.written(), wants(30))
			})
		}
	}
}

// withoutLeaders has the next n answers to requests for metadata name no leader, and
// returns how many of them are left.
func (w *world) withoutLeaders(n int64) *atomic.Int64 {
	left := new(atomic.Int64)
	left.Store(n)
	embedded.Answer(w.fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		if left.Add(-1) < 0 {
			return nil
		}
		res := embedded.Refusal(req, 0).(*kmsg.MetadataResponse)
		for id := range int32(partitions) {
			p := kmsg.NewMetadataResponseTopicPartition()
			p.Partition, p.Leader, p.ErrorCode = id, -1, kerr.LeaderNotAvailable.Code
			res.Topics[0].Partitions = append(res.Topics[0].Partitions, p)
		}
		return res
	})
	return left
}

func TestSendOutlivesATimeWithoutLeaders(t *testing.T) {
	for name, configure := range map[string]func(*Config){
		"with any number of attempts": nil,
		// A partition without a leader is not tried.
		"with two attempts": func(c *Config) { c.MaxAttempts, c.Backoff = 2, time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) { outliveATimeWithoutLeaders(t, configure) })
	}
}

func outliveATimeWithoutLeaders(t *testing.T, configure func(*Config)) {
	w := newWorld(t, configure)
	_, err := w.p.Send(w.ctx, spread(3))
	w.NoErr(err)
	left := w.withoutLeaders(4)
	w.fail(0, kerr.NotLeaderForPartition.Code, 1)
	n, err := w.p.Send(w.ctx, spread(30)[3:])
	w.NoErr(err)
	w.Equal(n, 27)
	w.True(left.Load() < 0)
	w.Equal(w.written(), wants(30))
}

// All partitions that a topic lacks are waited for together, until it gets another one.
func TestSendWaitsOnceForThePartitionsThatATopicLacks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.p.patience = time.Second
	looked := w.count(kmsg.Metadata)
	looks := func(partition int32) int64 {
		before := looked.Load()
		var none *NoPartitionError
		_, err := w.p.Send(w.ctx, []message.Message{to(topic, partition, "x")})
		w.True(errors.As(err, &none))
		w.Equal(none.Partition, partition)
		return looked.Load() - before
	}
	w.True(looks(7) > 1)
	w.Equal(looks(8), int64(1))
	w.Equal(looks(7), int64(1))
	w.NoErr(w.truth.AddPartitions(w.ctx, topic, 8))
	w.True(looks(8) > 1)
	n, err := w.p.Send(w.ctx, []message.Message{to(topic, 7, "x")})
	w.NoErr(err)
	w.Equal(n, 1)
}

// A cluster goes away just after it has created a topic, or just after it has told which
// partitions there are, for longer than those are waited for. The first broker that is
// back has not heard of it yet.
func TestSendDoesNotWaitForATopicWhileNobodyAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		to      message.Message
		arrives func(w *world)
	}{
		"a new topic":     {to("fresh", 0, "x"), func(*world) {}},
		"a new partition": {to(topic, 4, "x"), func(w *world) { w.NoErr(w.truth.AddPartitions(w.ctx, topic, 5)) }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *Config) { endless(c); c.NewTopics = NewTopics{Create: true, Partitions: 1} })
			w.p.patience = 1500 * time.Millisecond
			_, err := w.p.Send(w.ctx, spread(3))
			w.NoErr(err)
			unaware := w.metadataOf(test.to.Topic)
			test.arrives(w)
			var asked atomic.Int64 // for the topic, by the producer
			var back time.Time     // when brokers answer again
			var late bool          // one of them has, which was unaware
			w.fake.ControlKey(kmsg.Metadata.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
				w.fake.KeepControl()
				topics := r.(*kmsg.MetadataRequest).Topics
				if len(topics) != 1 || *topics[0].Topic != test.to.Topic {
					return nil, nil, false
				}
				n := asked.Add(1)
				if n == 2 {
					back = time.Now().Add(2 * w.p.patience)
				}
				switch {
				case n > 1 && time.Now().Before(back):
					return nil, errors.New("away"), true
				case n == 1 || !late:
					late = n > 1
					unaware.Version = r.GetVersion()
					return unaware, nil, true
				}
				return nil, nil, false
			})
			n, err := w.p.Send(w.ctx, []message.Message{test.to})
			w.NoErr(err)
			w.Equal(n, 1)
			w.True(asked.Load() > 3)
		})
	}
}

// metadataOf is what brokers tell of a topic now.
func (w *world) metadataOf(topic string) *kmsg.MetadataResponse {
	req := kmsg.NewPtrMetadataRequest()
	t := kmsg.NewMetadataRequestTopic()
	t.Topic = kmsg.StringPtr(topic)
	req.Topics = append(req.Topics, t)
	res, err := req.RequestWith(w.ctx, w.truth.Raw())
	w.NoErr(err)
	return res
}
