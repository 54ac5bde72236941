package produce

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// changing is a producer for a cluster that changes under it.
type changing struct {
	*is.I
	ctx   context.Context
	truth *kclient.Client
	p     *Producer
	topic string

	metadata *atomic.Int64 // requests for it
}

func newChanging(t *testing.T, o broker.Options, change func(*Config)) *changing {
	t.Helper()
	is := is.New(t)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	kafka := broker.ForTest(t, o)
	truth, err := kclient.New(kafka.Servers())
	is.NoErr(err)
	t.Cleanup(truth.Close)
	metadata := new(atomic.Int64)
	client := cluster.New(kafka.Servers(), wire.Config{
		DialTimeout: 10 * time.Second, RequestTimeout: 30 * time.Second,
		Hooks: wire.Hooks{Answered: func(key protocol.ApiKey, _ time.Duration, _ error) {
			if key == protocol.Metadata {
				metadata.Add(1)
			}
		}},
	})
	t.Cleanup(client.Close)
	cfg := Config{
		Acks: AcksAll, DeliveryTimeout: time.Minute, RequestTimeout: 30 * time.Second, Backoff: 100 * time.Millisecond,
		Codec: recordbatch.Snappy, BatchBytes: 1_000_012, Warn: func(msg string, err error) { t.Log(msg, err) },
	}
	change(&cfg)
	p := New(client, cfg)
	t.Cleanup(p.Close)
	return &changing{is, ctx, truth, p, "t-" + uuid.NewString(), metadata}
}

func (c *changing) send(messages ...message.Message) {
	n, err := c.p.Send(c.ctx, messages)
	c.NoErr(err)
	c.Equal(n, len(messages))
}

func (c *changing) values() []string {
	records, err := c.truth.Consume(c.ctx, c.topic)
	c.NoErr(err)
	var out []string
	for _, r := range records {
		out = append(out, string(r.Value))
	}
	return out
}

// With acks none nothing tells what was lost: what is sent before the old leader has
// hung up. That is some of these 500 milliseconds, not a minute.
func TestSendWithoutAcksFollowsALeaderOfKafka(t *testing.T) {
	c := newChanging(t, broker.Options{Nodes: 3}, func(c *Config) { c.Acks = AcksNone })
	c.NoErr(c.truth.CreateTopic(c.ctx, c.topic, 1, nil))
	c.send(to(c.topic, 0, "before"))
	for len(c.values()) == 0 {
		c.NoErr(c.ctx.Err())
	}
	old, err := c.truth.Leader(c.ctx, c.topic, 0)
	c.NoErr(err)
	c.NoErr(c.truth.MoveLeader(c.ctx, c.topic, 0, old%3+1))
	const n = 200
	for i := range n {
		c.send(to(c.topic, 0, fmt.Sprint(i)))
		time.Sleep(5 * time.Millisecond) // there is nothing to wait for
	}
	for {
		if values := c.values(); values[len(values)-1] == fmt.Sprint(n-1) {
			t.Logf("%d of %d are there", len(values)-1, n)
			c.True(len(values) > n/2)
			return
		}
		c.NoErr(c.ctx.Err())
	}
}

func TestSendFitsItsRequestsToKafka(t *testing.T) {
	c := newChanging(t, broker.Options{Properties: map[string]string{"socket.request.max.bytes": "1046528"}}, func(*Config) {})
	c.NoErr(c.truth.CreateTopic(c.ctx, c.topic, 6, nil))
	messages := random10K(300)
	for i := range messages {
		messages[i].Topic, messages[i].Partition = c.topic, int32(i%6)
	}
	c.send(messages...)
	c.Equal(len(c.values()), len(messages))
}

func TestSendCreatesATopicAgainThatWasDeletedFromKafka(t *testing.T) {
	for _, partitions := range []int{1, 5} {
		c := newChanging(t, broker.Options{}, func(c *Config) { c.NewTopics = NewTopics{Create: true, Partitions: partitions} })
		c.NoErr(c.truth.CreateTopic(c.ctx, c.topic, 3, nil))
		for round := range 3 {
			var messages []message.Message
			for i := range 30 {
				m := to(c.topic, message.PartitionAny, fmt.Sprint(round, " ", i))
				m.Key = fmt.Append(nil, i)
				messages = append(messages, m)
			}
			c.send(messages...)
			c.Equal(len(c.values()), 30)
			c.NoErr(c.truth.DeleteTopic(c.ctx, c.topic))
		}
	}
}

// Since Kafka 4.1 nothing gets into a topic made again by its name, and so nothing where
// its key does not belong.
func TestSendDividesAgainWhatIsForATopicOfKafkaMadeAgain(t *testing.T) {
	for _, again := range []int{2, 7} {
		t.Run(fmt.Sprint(again), func(t *testing.T) {
			c := newChanging(t, broker.Options{}, func(c *Config) { c.BatchBytes = 1000 })
			keyed := func(from, to int) []message.Message {
				messages := keyedFrom(from, to)
				for i := range messages {
					messages[i].Topic = c.topic
				}
				return messages
			}
			c.NoErr(c.truth.CreateTopic(c.ctx, c.topic, 4, nil))
			c.send(keyed(0, 100)...)
			c.NoErr(c.truth.DeleteTopic(c.ctx, c.topic))
			c.NoErr(c.truth.CreateTopic(c.ctx, c.topic, int32(again), nil))
			c.send(keyed(100, 300)...)
			c.send(keyed(300, 400)...)
			records, err := c.truth.Consume(c.ctx, c.topic)
			c.NoErr(err)
			c.Equal(len(records), 300)
			conn, err := c.p.client.Broker(c.ctx, 1, cluster.Produce)
			c.NoErr(err)
			if version, _ := conn.VersionOf(new(request)); version < firstIDs {
				return
			}
			for _, r := range records {
				want := kgo.StickyKeyPartitioner(nil).ForTopic(c.topic).Partition(&kgo.Record{Key: r.Key}, again)
				c.Equal(int(r.Partition), want)
			}
		})
	}
}

func TestSendCreatesManyTopicsInKafka(t *testing.T) {
	for name, topics := range map[string]NewTopics{"as brokers do": {Create: true}, "with three partitions": {Create: true, Partitions: 3}} {
		t.Run(name, func(t *testing.T) {
			c := newChanging(t, broker.Options{}, func(c *Config) { c.NewTopics = topics })
			var messages []message.Message
			for i := range 100 {
				messages = append(messages, to(fmt.Sprintf("%s-%d", c.topic, i), message.PartitionAny, "x"))
			}
			c.send(messages...)
			c.topic = messages[99].Topic
			c.Equal(c.values(), []string{"x"})
		})
	}
}
