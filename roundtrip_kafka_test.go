package kafka

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// Whatever Kafka can store comes back as it was sent: random keys and values,
// null and empty ones, headers with repeated keys and binary values, in each
// codec, in the order of each partition.
func TestMessagesComeBackThroughKafkaUnchanged(t *testing.T) {
	cluster := broker.ForTest(t, broker.Options{})
	client, err := kclient.New(cluster.Servers())
	is.New(t).NoErr(err)
	defer client.Close()
	for _, codec := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		t.Run(codec, func(t *testing.T) {
			is := is.New(t)
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			topics := []string{"a-" + uuid.NewString(), "b-" + uuid.NewString()}
			is.NoErr(client.CreateTopic(ctx, topics[0], 3, nil))
			is.NoErr(client.CreateTopic(ctx, topics[1], 6, nil))
			settings := map[string]string{"servers": strings.Join(cluster.Servers(), ",")}

			sent := randomMessages(rand.New(rand.NewSource(time.Now().UnixNano())), topics, 5000)
			sendAll(ctx, t, settings, codec, sent)
			got := receive(ctx, t, settings, topics, len(sent))

			want := map[string][]message.Message{}
			for _, m := range sent {
				want[place(m)] = append(want[place(m)], m)
			}
			is.Equal(len(got), len(want))
			for p, records := range got {
				is.Equal(len(records), len(want[p]))
				for i, r := range records {
					compareRecords(t, fmt.Sprintf("%s[%d]", p, i), r, want[p][i].Record)
				}
			}
		})
	}
}

func place(m message.Message) string { return fmt.Sprintf("%s/%d", m.Topic, m.Partition) }

// randomMessages chooses the partitions too, so that the order of each is known.
func randomMessages(rnd *rand.Rand, topics []string, n int) []message.Message {
	field := func() []byte {
		switch rnd.Intn(5) {
		case 0:
			return nil
		case 1:
			return []byte{}
		}
		b := make([]byte, rnd.Intn(300))
		rnd.Read(b)
		return b
	}
	out := make([]message.Message, n)
	for i := range out {
		which := rnd.Intn(2)
		m := message.Message{Topic: topics[which], Partition: int32(rnd.Intn([]int{3, 6}[which]))}
		m.Record = recordbatch.Record{Timestamp: time.Now().UnixMilli() - rnd.Int63n(86_400_000), Key: field(), Value: field()}
		for range rnd.Intn(4) {
			m.Headers = append(m.Headers, recordbatch.Header{Key: "h" + strconv.Itoa(rnd.Intn(3)), Value: field()})
		}
		out[i] = m
	}
	return out
}

func sendAll(ctx context.Context, t *testing.T, settings map[string]string, codec string, messages []message.Message) {
	t.Helper()
	is := is.New(t)
	cfg, err := ParseDestination(map[string]string{"servers": settings["servers"], "topic": "unused", "compression": codec, "batchBytes": "100000"})
	is.NoErr(err)
	p, err := newSyncProducer(ctx, cfg, nil)
	is.NoErr(err)
	for rest := messages; len(rest) > 0; {
		n, err := p.Send(ctx, rest[:min(len(rest), 700)])
		is.NoErr(err)
		rest = rest[n:]
	}
	is.NoErr(p.Close())
}

func receive(ctx context.Context, t *testing.T, settings map[string]string, topics []string, n int) map[string][]recordbatch.Record {
	t.Helper()
	is := is.New(t)
	cfg, err := ParseSource(map[string]string{"servers": settings["servers"], "topics": strings.Join(topics, ","), "readFromBeginning": "true"})
	is.NoErr(err)
	c, err := newGroupConsumer(ctx, cfg, uuid.NewString(), Position{}, nil)
	is.NoErr(err)
	got := map[string][]recordbatch.Record{}
	for count := 0; count < n; {
		batches, err := c.Next(ctx, 500)
		is.NoErr(err)
		for _, b := range batches {
			p := fmt.Sprintf("%s/%d", b.Topic, b.Partition)
			got[p] = append(got[p], b.Records...)
			count += len(b.Records)
		}
	}
	is.NoErr(c.Close(ctx))
	return got
}

func compareRecords(t *testing.T, at string, got, want recordbatch.Record) {
	t.Helper()
	same := func(a, b []byte) bool { return bytes.Equal(a, b) && (a == nil) == (b == nil) }
	ok := same(got.Key, want.Key) && same(got.Value, want.Value) && got.Timestamp == want.Timestamp && len(got.Headers) == len(want.Headers)
	for i := 0; ok && i < len(want.Headers); i++ {
		ok = got.Headers[i].Key == want.Headers[i].Key && same(got.Headers[i].Value, want.Headers[i].Value)
	}
	if !ok {
		t.Fatalf("%s: got %v, sent %v", at, got, want)
	}
}
