package consumer

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

const hidden = "hidden"

// newHidden is a cluster with another topic, which has one record, 100.
func newHidden(t *testing.T) *world {
	w := newWorld(t)
	w.NoErr(w.truth.CreateTopic(w.ctx, hidden, 1, nil))
	w.NoErr(w.truth.Produce(w.ctx, &kgo.Record{Topic: hidden, Value: []byte("100")}))
	return w
}

// denials are the answers that deny a topic.
type denials struct {
	on    atomic.Bool
	given atomic.Int64
}

// newDenying is newHidden whose brokers, asked one kind of request, say that the login may
// not describe that topic.
func newDenying(t *testing.T, key kmsg.Key) (w *world, denied *denials) {
	w, denied = newHidden(t), new(denials)
	lacking := w.metadata(topic, hidden)
	lacking.Topics[1].ErrorCode, lacking.Topics[1].Partitions = kerr.TopicAuthorizationFailed.Code, nil
	embedded.Answer(w.fake, key, func(req kmsg.Request) kmsg.Response {
		if !denied.on.Load() {
			return nil
		}
		denied.given.Add(1)
		if key == kmsg.Metadata {
			res := *lacking
			res.SetVersion(req.GetVersion())
			return &res
		}
		return denial(embedded.Refusal(req, 0))
	})
	if denied.on.Store(true); key == kmsg.Metadata { // only what it can see is assigned
		denied.on.Store(false)
		embedded.Answer(w.fake, kmsg.SyncGroup, func(kmsg.Request) kmsg.Response {
			denied.on.Store(true)
			return nil
		})
	}
	return w, denied
}

// denial makes an answer one that denies the topic. Other logs begin at 0.
func denial(res kmsg.Response) kmsg.Response {
	switch res := res.(type) {
	case *kmsg.OffsetFetchResponse:
		for i := range res.Topics {
			for j := range res.Topics[i].Partitions {
				if res.Topics[i].Partitions[j].LeaderEpoch = -1; res.Topics[i].Topic == hidden {
					res.Topics[i].Partitions[j].ErrorCode = kerr.TopicAuthorizationFailed.Code
				}
			}
		}
	case *kmsg.ListOffsetsResponse:
		for i := range res.Topics {
			for j := range res.Topics[i].Partitions {
				if p := &res.Topics[i].Partitions[j]; res.Topics[i].Topic == hidden {
					p.ErrorCode = kerr.TopicAuthorizationFailed.Code
				} else {
					p.Offset = 0
				}
			}
		}
	case *kmsg.OffsetForLeaderEpochResponse:
		for i := range res.Topics {
			for j := range res.Topics[i].Partitions {
				if p := &res.Topics[i].Partitions[j]; res.Topics[i].Topic == hidden {
					p.ErrorCode = kerr.TopicAuthorizationFailed.Code
				} else {
					p.EndOffset = 1 << 40
				}
			}
		}
	}
	return res
}

var describing = []kmsg.Key{kmsg.Metadata, kmsg.OffsetFetch, kmsg.ListOffsets}

// A topic is denied for longer than it takes to give up where everything is, and then it
// is allowed.
func TestConsumerReadsOtherTopicsThanOneThatIsDenied(t *testing.T) {
	for _, key := range describing {
		t.Run(key.Name(), func(t *testing.T) {
			t.Parallel()
			w, denied := newDenying(t, key)
			w.produce(9)
			var said warnings
			c := w.open(func(c *Config) { c.Group.Topics, c.Group.Warn = []string{topic, hidden}, said.warn })
			got := w.next(c, 9)
			slices.Sort(got)
			w.Equal(got, []int{0, 1, 2, 3, 4, 5, 6, 7, 8})
			w.wait(func() bool { return said.about("find where to start, trying again") > 1 })
			w.True(said.about(kafkago.TopicAuthorizationFailed.Error()) > 1)
			w.produce(3)
			ack(c, append(got, w.next(c, 3)...)...)
			denied.on.Store(false)
			w.Equal(w.next(c, 1), []int{100})
			w.NoErr(c.Close(w.ctx))
			w.committed(map[int32]int64{0: 4, 1: 4, 2: 4})
		})
	}
}

func TestConsumerEndsWhereEverythingIsDenied(t *testing.T) {
	for _, key := range describing {
		t.Run(key.Name(), func(t *testing.T) {
			t.Parallel()
			w, _ := newDenying(t, key)
			c := w.open(func(c *Config) { c.Group.Topics = []string{hidden} })
			_, err := c.Next(w.ctx, 1)
			w.True(errors.Is(err, kafkago.TopicAuthorizationFailed))
			w.True(strings.Contains(err.Error(), hidden))
			w.NoErr(c.Close(w.ctx))
		})
	}
}

// What has been read goes on, though the broker does not say where leader epochs end.
func TestConsumerGoesOnInATopicWhoseLeaderEpochsAreDenied(t *testing.T) {
	w, denied := newDenying(t, kmsg.OffsetForLeaderEpoch)
	w.produce(3)
	both := func(c *Config) { c.Group.Topics = []string{topic, hidden} }
	c := w.open(both)
	batch, err := w.nextOf(c, hidden)
	w.NoErr(err)
	c.Ack(recordOf(batch, 0))
	w.NoErr(c.Close(w.ctx))
	w.NoErr(w.truth.Produce(w.ctx, &kgo.Record{Topic: hidden, Value: []byte("101")}))
	c = w.open(both)
	batch, err = w.nextOf(c, hidden)
	w.NoErr(err)
	w.Equal(batch.Records[0].Offset, int64(1))
	w.True(denied.given.Load() > 0)
	w.NoErr(c.Close(w.ctx))
}

// One topic is denied, and the leader of another has just moved.
func TestEndsOfOtherTopicsThanOneThatIsDeniedAreFound(t *testing.T) {
	w := newHidden(t)
	var moved atomic.Bool
	embedded.Answer(w.fake, kmsg.ListOffsets, func(req kmsg.Request) kmsg.Response {
		res := denial(embedded.Refusal(req, 0)).(*kmsg.ListOffsetsResponse)
		for i, t := range res.Topics {
			for j, p := range t.Partitions {
				switch {
				case t.Topic == hidden:
				case p.Partition == 1 && !moved.Swap(true):
					res.Topics[i].Partitions[j].ErrorCode = kerr.NotLeaderForPartition.Code
				default:
					res.Topics[i].Partitions[j].Offset = 3
				}
			}
		}
		return res
	})
	var said warnings
	begin := time.Now()
	client, cfg := w.latest(func(c *Config) { c.Group.Topics, c.Group.Warn = []string{topic, hidden}, said.warn })
	defer client.Close()
	w.True(moved.Load())
	for id := range int32(partitions) {
		w.Equal(cfg.ends[message.TopicPartition{Topic: topic, Partition: id}].at, int64(3))
	}
	w.Equal(len(cfg.ends), partitions)
	w.Equal(said.about("1 partitions are read from"), 1)
	w.True(time.Since(begin) < findEndsTimeout) // the topic that is denied is not waited for
}

// nextOf returns the next batch of a topic.
func (w *world) nextOf(c *Consumer, topic string) (message.Batch, error) {
	for {
		batches, err := c.Next(w.ctx, 100)
		for _, b := range batches {
			if b.Topic == topic {
				return b, nil
			}
		}
		if err != nil {
			return message.Batch{}, err
		}
	}
}
