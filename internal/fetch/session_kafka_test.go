package fetch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	real "github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

func TestMain(m *testing.M) { real.Main(m) }

// taken says for which clusters an earlier run of TestSessionOnKafka has got sessions.
var taken = make(map[string]bool)

// Fetchers read the same partitions, each record once and in order, also where the
// broker has no session for some of them.
func TestSessionOnKafka(t *testing.T) {
	for name, c := range map[string]struct {
		properties map[string]string
		given      int // sessions, at most, by each broker
	}{
		"room for all":  {nil, 12},
		"room for some": {map[string]string{"max.incremental.fetch.session.cache.slots": "8"}, 8},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
			defer cancel()
			kafka := real.ForTest(t, real.Options{Properties: c.properties})
			truth, err := kclient.New(kafka.Servers())
			is.NoErr(err)
			defer truth.Close()
			const partitions, records = 40, 500
			topic := real.Name(t)
			is.NoErr(truth.CreateTopic(ctx, topic, partitions, nil))
			var all sync.WaitGroup
			fetchers := make([]*Fetcher, 12)
			lost := make([]int, len(fetchers)) // sessions
			for i := range fetchers {
				fetchers[i] = openOn(t, kafka.Servers(), &lost[i])
				all.Go(func() {
					if err := follow(ctx, fetchers[i], topic, partitions, records); err != nil {
						t.Error(err)
					}
				})
			}
			var wrote [partitions]int
			for n := range records {
				id := rand.Int32N(partitions)
				is.NoErr(truth.Produce(ctx, &kgo.Record{Topic: topic, Partition: id, Value: fmt.Append(nil, wrote[id])}))
				if wrote[id]++; n%100 == 0 {
					time.Sleep(50 * time.Millisecond) // answers without records, too
				}
			}
			all.Wait()
			given, out := 0, 0
			for i, f := range fetchers {
				f.Close()
				out += lost[i]
				for _, b := range f.brokers {
					if b.session.id != 0 {
						given++
					}
				}
			}
			t.Logf("%d fetchers end with a session, %d sessions were lost", given, out)
			is.True(given > 0 || taken[name]) // a broker keeps sessions for two minutes
			is.True(given <= c.given*len(kafka.Servers()))
			taken[name] = taken[name] || given > 0
			is.True(out == 0)
		})
	}
}

// openOn is open for real Kafka. It counts the sessions that are lost.
func openOn(t *testing.T, servers []string, lost *int) *Fetcher {
	client := cluster.New(servers, wire.Config{DialTimeout: 10 * time.Second, RequestTimeout: 30 * time.Second})
	f := New(client, Config{
		MinBytes: 1, MaxWait: 100 * time.Millisecond, MaxBytes: 1 << 20, MaxPartitionBytes: 1 << 20, MaxBuffered: 1 << 20,
		Warn:             func(msg string, err error) { t.Log(msg, err) },
		MetadataInterval: time.Minute,
		Hooks: Hooks{Retried: func(err error) {
			if errors.Is(err, kafkago.FetchSessionIDNotFound) {
				*lost++
			}
		}},
	})
	t.Cleanup(func() { f.Close(); client.Close() })
	return f
}

// follow reads a number of records, which count from 0 in each partition.
func follow(ctx context.Context, f *Fetcher, topic string, partitions int32, records int) error {
	var starts []Start
	for id := range partitions {
		starts = append(starts, Start{Topic: topic, Partition: id, LeaderEpoch: -1})
	}
	f.Add(starts)
	read := make(map[int32]int)
	for got := 0; got < records; {
		batches, err := f.Next(ctx, 100)
		if err != nil {
			return err
		}
		for _, b := range batches {
			for _, r := range b.Records {
				if string(r.Value) != fmt.Sprint(read[b.Partition]) {
					return fmt.Errorf("partition %d: %s, not %d", b.Partition, r.Value, read[b.Partition])
				}
				read[b.Partition]++
				got++
			}
		}
	}
	return nil
}
