package produce

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

const (
	topic      = "t"
	partitions = 3
)

type world struct {
	*is.I
	t     *testing.T
	ctx   context.Context
	fake  *kfake.Cluster
	p     *Producer
	truth *kclient.Client
}

func newWorld(t *testing.T, change func(*Config), opts ...kfake.Opt) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	fake := embedded.Start(t, append(opts, kfake.SeedTopics(partitions, topic))...)
	cfg := Config{
		Acks: AcksAll, DeliveryTimeout: 20 * time.Second, RequestTimeout: 5 * time.Second,
		BatchBytes: 1 << 20, Warn: func(msg string, err error) { t.Log(msg, err) },
	}
	if change != nil {
		change(&cfg)
	}
	client := cluster.New(fake.ListenAddrs(), wire.Config{ClientID: "test", DialTimeout: 5 * time.Second, RequestTimeout: cfg.RequestTimeout})
	t.Cleanup(client.Close)
	truth, err := kclient.New(fake.ListenAddrs())
	is.New(t).NoErr(err)
	t.Cleanup(truth.Close)
	return &world{is.New(t), t, ctx, fake, New(client, cfg), truth}
}

// spread makes n messages, numbered in their values, in turn to each partition.
func spread(n int) []message.Message {
	out := make([]message.Message, n)
	for i := range out {
		out[i] = message.Message{Topic: topic, Partition: int32(i % partitions), Record: recordbatch.Record{Value: fmt.Append(nil, i)}}
	}
	return out
}

// written reads what is there, by partition.
func (w *world) written() map[int32][]string {
	w.t.Helper()
	records, err := w.truth.Consume(w.ctx, topic)
	w.NoErr(err)
	out := map[int32][]string{}
	for _, r := range records {
		out[r.Partition] = append(out[r.Partition], string(r.Value))
	}
	return out
}

// wants is what spread(n) looks like in the log.
func wants(n int) map[int32][]string {
	out := map[int32][]string{}
	for i, m := range spread(n) {
		out[m.Partition] = append(out[m.Partition], fmt.Sprint(i))
	}
	return out
}

// fail answers produce requests for one partition with an error code, times times, or for ever if that is negative.
func (w *world) fail(partition int32, code int16, times int) {
	w.fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		r := req.(*kmsg.ProduceRequest)
		hit := false
		res := r.ResponseKind().(*kmsg.ProduceResponse)
		for _, t := range r.Topics {
			rt := kmsg.NewProduceResponseTopic()
			rt.Topic, rt.TopicID = t.Topic, t.TopicID
			for _, p := range t.Partitions {
				rp := kmsg.NewProduceResponseTopicPartition()
				rp.Partition = p.Partition
				// The others are told to try again too: nothing of this request is written.
				rp.ErrorCode = kerr.NotLeaderForPartition.Code
				if p.Partition == partition {
					hit, rp.ErrorCode = true, code
				}
				rt.Partitions = append(rt.Partitions, rp)
			}
			res.Topics = append(res.Topics, rt)
		}
		if !hit || times == 0 {
			w.fake.KeepControl()
			return nil, nil, false
		}
		if times--; times != 0 {
			w.fake.KeepControl()
		}
		return res, nil, true
	})
}

func TestWritesEachPartitionInOrder(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.BatchBytes = 300 }) // many batches
	n, err := w.p.Send(w.ctx, spread(300))
	w.NoErr(err)
	w.Equal(n, 300)
	w.Equal(w.written(), wants(300))
}

func TestTriesAgainAfterPassingErrors(t *testing.T) {
	for _, code := range []*kerr.Error{
		kerr.NotLeaderForPartition, kerr.LeaderNotAvailable, kerr.UnknownTopicOrPartition, kerr.RequestTimedOut,
		kerr.NotEnoughReplicas, kerr.NotEnoughReplicasAfterAppend, kerr.NetworkException, kerr.KafkaStorageError,
		kerr.CorruptMessage, kerr.OutOfOrderSequenceNumber, kerr.UnknownProducerID, kerr.InvalidProducerEpoch,
	} {
		t.Run(code.Message, func(t *testing.T) {
			w := newWorld(t, nil)
			w.fail(1, code.Code, 2)
			n, err := w.p.Send(w.ctx, spread(30))
			w.NoErr(err)
			w.Equal(n, 30)
			n, err = w.p.Send(w.ctx, nil)
			w.NoErr(err)
			w.Equal(n, 0)
			w.Equal(w.written(), wants(30))
		})
	}
}

func TestGivesUpAfterErrorsThatStay(t *testing.T) {
	t.Parallel()
	for _, code := range []*kerr.Error{
		kerr.TopicAuthorizationFailed, kerr.ClusterAuthorizationFailed, kerr.InvalidRecord, kerr.MessageTooLarge, kerr.PolicyViolation,
		kerr.InvalidTimestamp, kerr.UnsupportedForMessageFormat, kerr.InvalidRequiredAcks, kerr.InvalidTopicException,
	} {
		t.Run(code.Message, func(t *testing.T) {
			w := newWorld(t, nil)
			w.p.patience = 100 * time.Millisecond
			w.fail(2, code.Code, -1)
			n, err := w.p.Send(w.ctx, spread(3))
			t.Log(err)
			w.True(errors.Is(err, kafkago.Error(code.Code)))
			w.Equal(n, 2) // message 2 is the one of partition 2; the others were told to try again
		})
	}
}

func TestReturnsTheExactPrefix(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.BatchBytes = 200 })
	messages := spread(30)
	messages[13].Value = make([]byte, 500)
	n, err := w.p.Send(w.ctx, messages)
	w.Equal(n, 13)
	var tooLarge *TooLargeError
	var record *RecordError
	w.True(errors.As(err, &tooLarge) && errors.As(err, &record))
	w.Equal(record.Index, 13)
	w.Equal(w.written(), wants(13)) // nothing after it
}

func TestSplitsBatchesThatTheBrokerFindsTooLarge(t *testing.T) {
	w := newWorld(t, nil)
	limit := 10
	w.fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		r := req.(*kmsg.ProduceRequest)
		res := r.ResponseKind().(*kmsg.ProduceResponse)
		for _, t := range r.Topics {
			rt := kmsg.NewProduceResponseTopic()
			rt.Topic, rt.TopicID = t.Topic, t.TopicID
			for _, p := range t.Partitions {
				var b kmsg.RecordBatch
				if err := b.ReadFrom(p.Records); err != nil || b.NumRecords <= int32(limit) {
					return nil, nil, false
				}
				rp := kmsg.NewProduceResponseTopicPartition()
				rp.Partition, rp.ErrorCode = p.Partition, kerr.MessageTooLarge.Code
				rt.Partitions = append(rt.Partitions, rp)
			}
			res.Topics = append(res.Topics, rt)
		}
		return res, nil, true
	})
	messages := spread(100)
	for i := range messages {
		messages[i].Partition = 0
	}
	n, err := w.p.Send(w.ctx, messages)
	w.NoErr(err)
	w.Equal(n, 100)
	var want []string
	for i := range 100 {
		want = append(want, fmt.Sprint(i))
	}
	w.Equal(w.written()[0], want)
}

func TestEndsAtTheDeadlineAndSendsNothingAfterwards(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.DeliveryTimeout = 300 * time.Millisecond })
	w.fail(0, kerr.NotEnoughReplicas.Code, -1)
	n, err := w.p.Send(w.ctx, spread(1))
	w.Equal(n, 0)
	t.Log(err)
	w.True(errors.Is(err, kafkago.NotEnoughReplicas))
	requests := embedded.Count(w.fake, int16(kmsg.Produce))
	time.Sleep(time.Second) // nothing to wait for: nothing is to happen
	w.Equal(requests.Load(), int64(0))
}

func TestFollowsALeaderThatMoved(t *testing.T) {
	w := newWorld(t, nil)
	_, err := w.p.Send(w.ctx, spread(3))
	w.NoErr(err)
	for p := range int32(partitions) {
		w.NoErr(w.fake.MoveTopicPartition(topic, p, (w.fake.LeaderFor(topic, p)+1)%3))
	}
	n, err := w.p.Send(w.ctx, spread(30)[3:])
	w.NoErr(err)
	w.Equal(n, 27)
	w.Equal(w.written(), wants(30))
}

func TestKeepsAKeyInOnePartitionAndKeylessMessagesTogether(t *testing.T) {
	w := newWorld(t, nil)
	var messages []message.Message
	for i := range 60 {
		m := message.Message{Topic: topic, Partition: message.PartitionAny}
		if i%2 == 0 {
			m.Key = fmt.Append(nil, "key-", i%10)
		}
		messages = append(messages, m)
	}
	_, err := w.p.Send(w.ctx, messages)
	w.NoErr(err)
	records, err := w.truth.Consume(w.ctx, topic)
	w.NoErr(err)
	partitioner := kgo.StickyKeyPartitioner(nil).ForTopic(topic) // as Java
	keyless := map[int32]int{}
	for _, r := range records {
		if r.Key == nil {
			keyless[r.Partition]++
			continue
		}
		w.Equal(int(r.Partition), partitioner.Partition(&kgo.Record{Key: r.Key}, partitions))
	}
	w.Equal(len(keyless), 1)
}

func TestHoldsBackWhatAThrottlingBrokerDoesNotWant(t *testing.T) {
	w := newWorld(t, nil)
	times := make(chan time.Time, 2)
	const pause = 300 * time.Millisecond
	w.fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		times <- time.Now()
		res := req.ResponseKind().(*kmsg.ProduceResponse)
		res.ThrottleMillis = int32(pause.Milliseconds())
		for _, t := range req.(*kmsg.ProduceRequest).Topics {
			rt := kmsg.NewProduceResponseTopic()
			rt.Topic, rt.TopicID = t.Topic, t.TopicID
			for _, p := range t.Partitions {
				rp := kmsg.NewProduceResponseTopicPartition()
				rp.Partition, rp.ErrorCode = p.Partition, kerr.ThrottlingQuotaExceeded.Code
				rt.Partitions = append(rt.Partitions, rp)
			}
			res.Topics = append(res.Topics, rt)
		}
		return res, nil, true
	})
	w.fake.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		times <- time.Now()
		return nil, nil, false
	})
	n, err := w.p.Send(w.ctx, spread(1))
	w.NoErr(err)
	w.Equal(n, 1)
	w.Equal(w.written(), wants(1))
	throttled, again := <-times, <-times
	w.True(again.Sub(throttled) >= pause)
}
