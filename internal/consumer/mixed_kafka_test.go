package consumer

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/fetch"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

func TestMain(m *testing.M) { broker.Main(m) }

// A group of this consumer, one of franz-go, and Kafka's own console consumer:
// they share the partitions, and survive each of them leaving.
func TestSharesAGroupWithOtherClients(t *testing.T) {
	is := is.New(t)
	ctx, kafka, truth := realKafka(t)
	topic, g := kafka.NewTopic(t, 6, nil), broker.Name(t)

	ours := openReal(t, kafka.Servers(), topic, g)
	members(ctx, t, truth, g, 1)

	franz, err := kgo.NewClient(kgo.SeedBrokers(kafka.Servers()...), kgo.ConsumerGroup(g), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit())
	is.NoErr(err)
	defer franz.Close()
	go pollAll(ctx, franz)
	members(ctx, t, truth, g, 2)

	java, stopJava := context.WithCancel(ctx)
	javaDone := make(chan struct{})
	go func() {
		defer close(javaDone)
		_, _ = kafka.Tool(java, "org.apache.kafka.tools.consumer.ConsoleConsumer",
			"--bootstrap-server", kafka.Servers()[0], "--topic", topic, "--group", g,
			"--consumer-property", "session.timeout.ms=6000")
	}()
	members(ctx, t, truth, g, 3)
	owned := settled(ctx, t, ours, 2) // six partitions, three members
	t.Log("of three members we hold", owned)

	stopJava() // it is killed: the group notices after its session timeout, or at once
	<-javaDone
	members(ctx, t, truth, g, 2)
	settled(ctx, t, ours, 3)

	franz.Close()
	members(ctx, t, truth, g, 1)
	settled(ctx, t, ours, 6)

	// Alone again, it reads everything.
	var records []*kgo.Record
	for p := range int32(6) {
		records = append(records, &kgo.Record{Topic: topic, Partition: p, Value: fmt.Append(nil, p)})
	}
	is.NoErr(truth.Produce(ctx, records...))
	for got := 0; got < len(records); {
		batches, err := ours.Next(ctx, 100)
		is.NoErr(err)
		got += len(numbers(batches))
	}
	is.NoErr(ours.Close(ctx))
}

// kafka-go's consumer group only knows the eager protocol.
func TestSharesAGroupWithAnEagerMember(t *testing.T) {
	is := is.New(t)
	ctx, kafka, truth := realKafka(t)
	topic, g := kafka.NewTopic(t, 6, nil), broker.Name(t)

	ours := openReal(t, kafka.Servers(), topic, g)
	settled(ctx, t, ours, 6)
	eager, err := kafkago.NewConsumerGroup(kafkago.ConsumerGroupConfig{ID: g, Brokers: kafka.Servers(), Topics: []string{topic}})
	is.NoErr(err)
	go func() {
		for {
			if _, err := eager.Next(ctx); err != nil {
				return
			}
		}
	}()
	members(ctx, t, truth, g, 2)
	settled(ctx, t, ours, 3)
	is.NoErr(eager.Close())
	settled(ctx, t, ours, 6)
	is.NoErr(ours.Close(ctx))
}

// realKafka returns a cluster and a client that looks at it.
func realKafka(t *testing.T) (context.Context, *broker.Cluster, *kclient.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	kafka := broker.ForTest(t, broker.Options{})
	truth, err := kclient.New(kafka.Servers())
	is.New(t).NoErr(err)
	t.Cleanup(truth.Close)
	return ctx, kafka, truth
}

func openReal(t *testing.T, servers []string, topic, g string) *Consumer {
	return openWith(t, servers, topic, g, func(*Config) {})
}

func openWith(t *testing.T, servers []string, topic, g string, change func(*Config)) *Consumer {
	client := cluster.New(servers, wire.Config{DialTimeout: 5 * time.Second, RequestTimeout: 30 * time.Second})
	cfg := Config{
		Group: group.Config{
			GroupID: g, Topics: []string{topic},
			SessionTimeout: 10 * time.Second, RebalanceTimeout: 20 * time.Second,
			HeartbeatInterval: 200 * time.Millisecond, MetadataInterval: time.Second,
			Warn: func(msg string, err error) { t.Log(msg, err) },
		},
		Fetch: fetch.Config{
			ReadCommitted: true, MinBytes: 1, MaxWait: 100 * time.Millisecond,
			MaxBytes: 1 << 20, MaxPartitionBytes: 1 << 20, MaxBuffered: 1 << 20,
		},
		FromBeginning: true, CommitSize: 1000, CommitInterval: time.Second, MaxUncommitted: 10_000,
		Info: func(msg string) { t.Log(msg) },
	}
	change(&cfg)
	return Open(client, cfg)
}

func pollAll(ctx context.Context, cl *kgo.Client) {
	for ctx.Err() == nil {
		if cl.PollFetches(ctx).IsClientClosed() {
			return
		}
	}
}

// members waits until a group is stable with that many members.
func members(ctx context.Context, t *testing.T, truth *kclient.Client, g string, want int) {
	t.Helper()
	for {
		state, n, err := truth.Group(ctx, g)
		if err == nil && state == "Stable" && n == want {
			return
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("group is %s with %d members, want %d: %v", state, n, want, err)
		}
	}
}

// settled waits until the consumer reads that many partitions.
func settled(ctx context.Context, t *testing.T, c *Consumer, want int) int {
	t.Helper()
	for {
		n := c.fetcher.Len()
		if n == want {
			return n
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("reads %d partitions, want %d", n, want)
		}
	}
}
