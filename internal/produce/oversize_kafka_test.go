package produce

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// narrow is a topic of Kafka's that takes batches up to 2,000 bytes, and a
// producer that would send larger ones.
type narrow struct {
	*is.I
	ctx   context.Context
	topic string
	truth *kclient.Client
	p     *Producer
}

func newNarrow(t *testing.T, change func(*Config)) *narrow {
	t.Helper()
	is := is.New(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	kafka := broker.ForTest(t, broker.Options{})
	truth, err := kclient.New(kafka.Servers())
	is.NoErr(err)
	t.Cleanup(truth.Close)
	topic := "t-" + uuid.NewString()
	createLed(ctx, is, truth, topic, partitions, map[string]string{"max.message.bytes": "2000"})
	client := cluster.New(kafka.Servers(), wire.Config{DialTimeout: 5 * time.Second, RequestTimeout: 30 * time.Second})
	t.Cleanup(client.Close)
	cfg := Config{
		Acks: AcksAll, DeliveryTimeout: 30 * time.Second, RequestTimeout: 30 * time.Second, BatchBytes: 1 << 20,
		Warn: func(msg string, err error) { t.Log(msg, err) },
	}
	if change != nil {
		change(&cfg)
	}
	return &narrow{is, ctx, topic, truth, New(client, cfg)}
}

// messages are numbered from first, in turn to each partition; those of the given
// numbers are too large for the topic.
func (n *narrow) messages(first, count int, large ...int) []message.Message {
	out := spread(count)
	for i := range out {
		out[i].Topic = n.topic
		out[i].Value = fmt.Append(nil, first+i)
		if slices.Contains(large, first+i) {
			out[i].Value = make([]byte, 3000)
		}
	}
	return out
}

func (n *narrow) written() map[int32][]string {
	records, err := n.truth.Consume(n.ctx, n.topic)
	n.NoErr(err)
	out := map[int32][]string{}
	for _, r := range records {
		out[r.Partition] = append(out[r.Partition], string(r.Value))
	}
	return out
}

// without is what of total numbers should be in the log.
func without(total int, left ...int) map[int32][]string {
	out := map[int32][]string{}
	for i := range total {
		if !slices.Contains(left, i) {
			out[int32(i%partitions)] = append(out[int32(i%partitions)], fmt.Sprint(i))
		}
	}
	return out
}

func TestARecordThatTheBrokerFindsTooLargeFailsAlone(t *testing.T) {
	n := newNarrow(t, nil)
	got, err := n.p.Send(n.ctx, n.messages(0, 300, 140))
	n.Equal(got, 140)
	var tooLarge *TooLargeError
	var record *RecordError
	n.True(errors.As(err, &tooLarge) && errors.As(err, &record))
	n.Equal(record.Index, 140)
	n.True(errors.Is(err, kafkago.MessageSizeTooLarge))
	n.True(strings.Contains(err.Error(), "max.message.bytes of topic"))
	n.True(tooLarge.Size > 3000 && tooLarge.Topic == n.topic)
	is140 := func(v string) bool { return v == "140" }
	for p, values := range n.written() {
		n.True(!slices.ContainsFunc(values, is140))
		want := without(300)[p]
		n.Equal(values, want[:len(values)]) // in order, and before 140 at least
		n.True(len(values) >= 140/partitions)
	}
}

func TestRecordsThatAreTooLargeAreDropped(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"for the broker":                   func(*Config) {},
		"for the broker, not idempotent":   func(c *Config) { c.NoSequences = true },
		"for batchBytes":                   func(c *Config) { c.BatchBytes = 2000 },
		"for the broker, in small batches": func(c *Config) { c.BatchBytes = 3100 },
	} {
		t.Run(name, func(t *testing.T) {
			var dropped []int // sizes
			var written atomic.Int64
			n := newNarrow(t, func(c *Config) {
				change(c)
				c.Hooks.Written = func(records, _ int) { written.Add(int64(records)) }
				c.Dropped = func(m *message.Message, err error) {
					var tooLarge *TooLargeError
					if !errors.As(err, &tooLarge) {
						t.Error(err)
					}
					dropped = append(dropped, len(m.Value))
				}
			})
			// The first and the last, neighbours of one partition, and all of a batch.
			large := []int{0, 1, 10, 13, 16, 150, 299}
			got, err := n.p.Send(n.ctx, n.messages(0, 300, large...))
			n.NoErr(err)
			n.Equal(got, 300)
			id := n.p.sequences.id
			got, err = n.p.Send(n.ctx, n.messages(300, 3, 300, 301, 302))
			n.NoErr(err)
			n.Equal(got, 3)
			got, err = n.p.Send(n.ctx, n.messages(303, 30))
			n.NoErr(err)
			n.Equal(got, 30)
			n.Equal(n.written(), without(333, append(large, 300, 301, 302)...))
			n.Equal(len(dropped), len(large)+3)
			n.Equal(written.Load(), int64(333-len(large)-3))
			n.Equal(dropped[0], 3000)
			n.Equal(n.p.sequences.id, id) // their numbers went to others
		})
	}
}

// A compacted topic takes no record without a key. The broker refuses the whole
// batch for one.
func TestARecordThatTheBrokerFindsInvalidFailsAlone(t *testing.T) {
	n := newNarrow(t, nil)
	n.topic = "t-" + uuid.NewString()
	createLed(n.ctx, n.I, n.truth, n.topic, 1, map[string]string{"cleanup.policy": "compact"})
	messages := n.messages(0, 100)
	for i := range messages {
		messages[i].Partition = 0
		messages[i].Position = fmt.Append(nil, i)
		if i != 57 {
			messages[i].Key = fmt.Append(nil, i)
		}
	}
	got, err := n.p.Send(n.ctx, messages)
	n.Equal(got, 57)
	n.True(errors.Is(err, kafkago.InvalidRecord))
	n.True(strings.Contains(err.Error(), `record 57 of the batch (position "57")`))
	n.Equal(len(n.written()[0]), 57)
}
