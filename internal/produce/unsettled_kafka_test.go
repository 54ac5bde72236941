package produce

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
	"github.com/conduitio/conduit-connector-kafka/test/proxy"
)

// trial is a producer for a fresh topic of a real Kafka, through a proxy.
type trial struct {
	*is.I
	ctx   context.Context
	topic string
	p     *Producer
	proxy *proxy.Proxy
	truth *kclient.Client
}

func newTrial(t *testing.T, timeout time.Duration, topicConfig map[string]string) *trial {
	t.Helper()
	is := is.New(t)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	kafka := broker.ForTest(t, broker.Options{Proxied: true})
	truth, err := kclient.New(kafka.Direct())
	is.NoErr(err)
	t.Cleanup(truth.Close)
	topic := "t-" + uuid.NewString()
	createLed(ctx, is, truth, topic, partitions, topicConfig)
	client := cluster.New(kafka.Servers(), wire.Config{DialTimeout: 5 * time.Second, RequestTimeout: 10 * time.Second})
	t.Cleanup(client.Close)
	p := New(client, Config{
		Acks: AcksAll, DeliveryTimeout: timeout, RequestTimeout: 10 * time.Second,
		BatchBytes: 200, Warn: func(msg string, err error) { t.Log(msg, err) },
	})
	return &trial{is, ctx, topic, p, kafka.Proxy(1), truth}
}

// messages makes n numbered ones for any partition, without keys.
func (tr *trial) messages(from, n int) []message.Message {
	out := make([]message.Message, n)
	for i := range out {
		out[i] = message.Message{Topic: tr.topic, Partition: message.PartitionAny, Record: recordbatch.Record{Value: fmt.Append(nil, from+i)}}
	}
	return out
}

// counts tells how often each value is in the topic.
func (tr *trial) counts() map[string]int {
	records, err := tr.truth.Consume(tr.ctx, tr.topic)
	tr.NoErr(err)
	out := map[string]int{}
	for _, r := range records {
		out[string(r.Value)]++
	}
	return out
}

// sendUnanswered sends messages whose first ones Kafka gets, and gives up before an
// answer has come through.
func (tr *trial) sendUnanswered(messages []message.Message) {
	tr.proxy.Freeze(proxy.ToClient)
	ctx, giveUp := context.WithCancel(tr.ctx)
	defer giveUp()
	sent := make(chan error, 1)
	go func() {
		_, err := tr.p.Send(ctx, messages)
		sent <- err
	}()
	for tr.counts()[string(messages[0].Value)] == 0 {
		tr.NoErr(tr.ctx.Err()) // until what was sent has arrived
	}
	giveUp()
	tr.True(errors.Is(<-sent, context.Canceled))
	tr.NoErr(tr.proxy.Pass())
}

func TestARepeatedSendWritesNothingTwice(t *testing.T) {
	tr := newTrial(t, time.Minute, nil)
	_, err := tr.p.Send(tr.ctx, tr.messages(0, 10))
	tr.NoErr(err)
	tr.sendUnanswered(tr.messages(10, 50))
	n, err := tr.p.Send(tr.ctx, tr.messages(10, 60)) // the same, and ten more
	tr.NoErr(err)
	tr.Equal(n, 60)
	counts := tr.counts()
	tr.Equal(len(counts), 70)
	for value, n := range counts {
		if n != 1 {
			t.Errorf("value %s is there %d times", value, n)
		}
	}
}

func TestAnotherSendAfterOneThatFailedIsWrittenOnce(t *testing.T) {
	tr := newTrial(t, time.Minute, nil)
	_, err := tr.p.Send(tr.ctx, tr.messages(0, 10))
	tr.NoErr(err)
	tr.sendUnanswered(tr.messages(10, 50))
	n, err := tr.p.Send(tr.ctx, tr.messages(60, 30))
	tr.NoErr(err)
	tr.Equal(n, 30)
	counts := tr.counts()
	for i := 60; i < 90; i++ {
		tr.Equal(counts[fmt.Sprint(i)], 1)
	}
}

// A compacted topic takes no records without a key.
func TestARecordThatTheBrokerRefusesFailsAlone(t *testing.T) {
	tr := newTrial(t, 20*time.Second, map[string]string{"cleanup.policy": "compact"})
	messages := tr.messages(0, 30)
	for i := range messages {
		messages[i].Partition = int32(i % 2)
		if i != 11 && i != 17 {
			messages[i].Key = fmt.Append(nil, i)
		}
	}
	n, err := tr.p.Send(tr.ctx, messages)
	t.Log(err)
	tr.Equal(n, 11)
	var record *RecordError
	tr.True(errors.As(err, &record))
	tr.Equal(record.Index, 11)
	tr.True(errors.Is(err, kafkago.InvalidRecord))
	tr.True(strings.Contains(err.Error(), tr.topic+"/1"))

	n, err = tr.p.Send(tr.ctx, messages[12:]) // 11 went to a dead-letter queue
	tr.True(err != nil)
	tr.Equal(n, 5)
	tr.True(errors.As(err, &record))
	tr.Equal(record.Index, 5)
	n, err = tr.p.Send(tr.ctx, messages[18:])
	tr.NoErr(err)
	tr.Equal(n, 12)
	counts := tr.counts()
	tr.Equal(len(counts), 28)
}

// createLed creates a topic and waits until each partition has a leader that knows of it.
func createLed(ctx context.Context, is *is.I, truth *kclient.Client, topic string, partitions int32, config map[string]string) {
	is.NoErr(truth.CreateTopic(ctx, topic, partitions, config))
	for _, err := truth.Consume(ctx, topic); err != nil; _, err = truth.Consume(ctx, topic) {
		is.NoErr(ctx.Err())
	}
}
