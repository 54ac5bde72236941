package produce

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// Nothing limits the attempts in these tests: what no retry can help ends by itself.
func endless(c *Config) { c.DeliveryTimeout, c.MaxAttempts = 0, 0 }

func TestSendEndsWhereABrokerDoesNotKnowItsRequests(t *testing.T) {
	w := newWorld(t, func(c *Config) { endless(c); c.Acks = AcksOne })
	embedded.Answer(w.fake, kmsg.ApiVersions, func(req kmsg.Request) kmsg.Response {
		res := req.ResponseKind().(*kmsg.ApiVersionsResponse)
		kversion.Stable().EachMaxKeyVersion(func(key, last int16) {
			k := kmsg.NewApiVersionsResponseApiKey()
			if k.ApiKey, k.MaxVersion = key, last; key == kmsg.Produce.Int16() {
				k.MinVersion, k.MaxVersion = lastVersion+1, lastVersion+1 // as a Kafka to come may have it
			}
			res.ApiKeys = append(res.ApiKeys, k)
		})
		return res
	})
	_, err := w.p.Send(w.ctx, spread(3))
	var unsupported *wire.UnsupportedError
	w.True(errors.As(err, &unsupported))
	w.NoErr(w.ctx.Err())
}

// The leader knows nothing of it, but the others refuse to tell of the topic.
func TestSendEndsWhereMetadataRefusesItsTopic(t *testing.T) {
	w := newWorld(t, endless)
	w.p.patience = 100 * time.Millisecond
	_, err := w.p.Send(w.ctx, spread(3))
	w.NoErr(err)
	w.fail(0, kerr.NotLeaderForPartition.Code, -1)
	embedded.Answer(w.fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		return embedded.Refusal(req, kerr.TopicAuthorizationFailed.Code)
	})
	_, err = w.p.Send(w.ctx, spread(1))
	w.True(errors.Is(err, kafkago.TopicAuthorizationFailed))
	w.True(strings.Contains(err.Error(), topic))
	w.NoErr(w.ctx.Err())
}

func TestSendEndsWhereABatchCanNotBeEncoded(t *testing.T) {
	w := newWorld(t, func(c *Config) { endless(c); c.Codec, c.Level = recordbatch.Gzip, 99 })
	n, err := w.p.Send(w.ctx, spread(3))
	w.Equal(n, 0)
	w.True(strings.Contains(err.Error(), "finish record batch"))
	w.NoErr(w.ctx.Err())
}

func TestSendEndsWhereTheClientIsClosed(t *testing.T) {
	w := newWorld(t, endless)
	tried := w.count(kmsg.Produce)
	w.fail(0, kerr.NotEnoughReplicas.Code, -1)
	sent := make(chan error, 1)
	go func() {
		_, err := w.p.Send(w.ctx, spread(1))
		sent <- err
	}()
	w.until(func() bool { return tried.Load() >= 3 })
	w.p.client.Close()
	w.True(errors.Is(<-sent, wire.ErrClosed))
	w.NoErr(w.ctx.Err())
}

// refusesBad has a broker answer batches with the text "bad" in them with a code that
// says nothing of single records, as brokers older than Kafka 2.4 do.
func (w *world) refusesBad(code *kerr.Error) {
	embedded.Answer(w.fake, kmsg.Produce, func(req kmsg.Request) kmsg.Response {
		for _, t := range req.(*kmsg.ProduceRequest).Topics {
			for _, p := range t.Partitions {
				if strings.Contains(string(p.Records), "bad") {
					return embedded.Refusal(req, code.Code)
				}
			}
		}
		return nil
	})
}

func TestSendFindsTheRecordThatIsRefused(t *testing.T) {
	for _, code := range []*kerr.Error{kerr.InvalidTimestamp, kerr.InvalidRecord, kerr.CorruptMessage} {
		for _, at := range []int{0, 7, 9} {
			t.Run(fmt.Sprint(code.Message, " ", at), func(t *testing.T) {
				w := newWorld(t, func(c *Config) { endless(c); c.Backoff = time.Millisecond })
				w.refusesBad(code)
				ids := w.count(kmsg.InitProducerID)
				var messages []message.Message
				for i := range 10 {
					messages = append(messages, to(topic, 0, fmt.Sprint(i)))
				}
				messages[at].Value = []byte("bad")
				n, err := w.p.Send(w.ctx, messages)
				w.Equal(n, at)
				w.True(errors.Is(err, kafkago.Error(code.Code)))
				var record *RecordError
				w.True(errors.As(err, &record))
				w.Equal(record.Index, at)

				n, err = w.p.Send(w.ctx, messages[at+1:]) // it went to a dead-letter queue
				w.NoErr(err)
				w.Equal(n, 9-at)
				w.Equal(len(w.written()[0]), 9)
				w.Equal(ids.Load(), int64(1)) // the number of the refused one went to the next
			})
		}
	}
}

// A batch that was damaged on its way is not divided.
func TestSendRepeatsABatchThatIsFoundCorruptOnce(t *testing.T) {
	w := newWorld(t, nil)
	sent := w.count(kmsg.Produce)
	w.fail(0, kerr.CorruptMessage.Code, 2)
	n, err := w.p.Send(w.ctx, []message.Message{to(topic, 0, "a"), to(topic, 0, "b")})
	w.NoErr(err)
	w.Equal(n, 2)
	w.Equal(sent.Load(), int64(3))
}

// An earlier attempt had no answer and may have been written: then the number of a
// record that is refused is not given to another, which the broker would treat as it.
func TestSendSpendsTheNumbersOfWhatMayHaveBeenWritten(t *testing.T) {
	for name, drop := range map[string]bool{"and fails": false, "and is dropped": true} {
		t.Run(name, func(t *testing.T) {
			var spoiler embedded.Spoiler
			w := newWorld(t, func(c *Config) {
				if drop {
					c.Dropped = func(*message.Message, error) {}
				}
			}, spoiler.Option())
			attempts := 0
			embedded.Answer(w.fake, kmsg.Produce, func(req kmsg.Request) kmsg.Response {
				if attempts++; attempts == 2 { // max.message.bytes was lowered meanwhile
					return embedded.Refusal(req, kerr.MessageTooLarge.Code)
				}
				return nil
			})
			spoiler.Next(kmsg.Produce, embedded.Spoils()[0], 1)
			_, err := w.p.Send(w.ctx, []message.Message{to(topic, 0, "large")})
			w.Equal(err == nil, drop)
			_, err = w.p.Send(w.ctx, []message.Message{to(topic, 0, "next")})
			w.NoErr(err)
			w.Equal(w.written()[0], []string{"large", "next"})
		})
	}
}
