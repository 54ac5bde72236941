package produce

import (
	"context"
	"fmt"
	"math/rand"
	"strconv"
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
)

const manyPartitions = 13

// rivals are clients that write the same keys to one cluster, to see whether they
// choose the same partitions.
type rivals struct {
	*is.I
	t     *testing.T
	ctx   context.Context
	kafka *broker.Cluster
	truth *kclient.Client
}

func newRivals(t *testing.T) *rivals {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	kafka := broker.ForTest(t, broker.Options{})
	truth, err := kclient.New(kafka.Servers())
	is.New(t).NoErr(err)
	t.Cleanup(truth.Close)
	return &rivals{is.New(t), t, ctx, kafka, truth}
}

func (r *rivals) topic() string {
	name := "t-" + uuid.NewString()
	r.NoErr(r.truth.CreateTopic(r.ctx, name, manyPartitions, nil))
	return name
}

// choices are the partitions of the messages with the numbers 0, 1 … as values.
func (r *rivals) choices(topic string, n int) []int32 {
	records, err := r.truth.Consume(r.ctx, topic)
	r.NoErr(err)
	r.Equal(len(records), n)
	out := make([]int32, n)
	for _, rec := range records {
		i, err := strconv.Atoi(string(rec.Value))
		r.NoErr(err)
		out[i] = rec.Partition
	}
	return out
}

// ours writes numbered messages with these keys by a partitioner of ours.
func (r *rivals) ours(name string, keys [][]byte) []int32 {
	partitioner, err := ParsePartitioner(name)
	r.NoErr(err)
	client := cluster.New(r.kafka.Servers(), wire.Config{DialTimeout: 5 * time.Second, RequestTimeout: 30 * time.Second})
	defer client.Close()
	p := New(client, Config{
		Acks: AcksAll, DeliveryTimeout: time.Minute, RequestTimeout: 30 * time.Second, BatchBytes: 100_000,
		Partitioner: partitioner, Warn: func(msg string, err error) { r.t.Log(msg, err) },
	})
	topic := r.topic()
	var messages []message.Message
	for i, key := range keys {
		messages = append(messages, message.Message{Topic: topic, Partition: message.PartitionAny, Record: recordbatch.Record{Key: key, Value: fmt.Append(nil, i)}})
	}
	n, err := p.Send(r.ctx, messages)
	r.NoErr(err)
	r.Equal(n, len(keys))
	return r.choices(topic, len(keys))
}

func TestKeysGoWhereJavaSendsThem(t *testing.T) {
	r := newRivals(t)
	rnd := rand.New(rand.NewSource(2))
	letters := []rune("aZ09 -_./äß€漢😀")
	var keys [][]byte
	var lines strings.Builder
	for i := range 1000 {
		var key strings.Builder // empty ones too
		for range rnd.Intn(1 + rnd.Intn(50)) {
			key.WriteRune(letters[rnd.Intn(len(letters))])
		}
		keys = append(keys, []byte(key.String()))
		fmt.Fprintf(&lines, "%s|%d\n", key.String(), i)
	}
	topic := r.topic()
	_, err := r.kafka.ToolWith(r.ctx, strings.NewReader(lines.String()), "org.apache.kafka.tools.ConsoleProducer",
		"--bootstrap-server", r.kafka.Direct()[0], "--topic", topic, "--property", "parse.key=true", "--property", "key.separator=|")
	r.NoErr(err)
	r.Equal(r.ours("murmur2", keys), r.choices(topic, len(keys)))
}

func TestMessagesGoWhereKafkaGoSendsThem(t *testing.T) {
	r := newRivals(t)
	rnd := rand.New(rand.NewSource(3))
	keys := make([][]byte, 1000)
	for i := range keys {
		keys[i] = make([]byte, 1+rnd.Intn(50))
		rnd.Read(keys[i])
	}
	for name, balancer := range map[string]kafkago.Balancer{
		"murmur2":           kafkago.Murmur2Balancer{Consistent: true},
		"murmur2-random":    kafkago.Murmur2Balancer{},
		"fnv-1a":            &kafkago.Hash{},
		"fnv-1a-reference":  &kafkago.ReferenceHash{},
		"consistent":        kafkago.CRC32Balancer{Consistent: true},
		"consistent-random": kafkago.CRC32Balancer{},
		"round-robin":       &kafkago.RoundRobin{},
		"least-bytes":       &kafkago.LeastBytes{},
	} {
		t.Run(name, func(t *testing.T) {
			topic := r.topic()
			w := kafkago.Writer{
				Addr: kafkago.TCP(r.kafka.Servers()...), Topic: topic, Balancer: balancer,
				RequiredAcks: kafkago.RequireAll, BatchTimeout: time.Millisecond, Transport: &kafkago.Transport{},
				ReadTimeout: time.Minute, WriteTimeout: time.Minute, // after which it would write twice
			}
			defer w.Close()
			var messages []kafkago.Message
			for i, key := range keys {
				messages = append(messages, kafkago.Message{Key: key, Value: fmt.Append(nil, i)})
			}
			r.NoErr(w.WriteMessages(r.ctx, messages...))
			r.Equal(r.ours(name, keys), r.choices(topic, len(keys)))
		})
	}
}
