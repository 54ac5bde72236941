package consumer

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// byServer makes a member of the protocol in which the coordinator assigns.
func byServer(c *Config) { c.Group.Protocol = group.Consumer }

func TestServerMemberReadsCommitsAndLeaves(t *testing.T) {
	is := is.New(t)
	ctx, kafka, truth := realKafka(t)
	topic, g := kafka.NewTopic(t, 3, nil), broker.Name(t)
	is.NoErr(truth.Produce(ctx, each(topic, 3)...))
	for round := range 2 {
		c := openWith(t, kafka.Servers(), topic, g, byServer)
		settled(ctx, t, c, 3)
		if round == 1 {
			is.NoErr(truth.Produce(ctx, each(topic, 3)...))
		}
		readBy(t, c, 3) // nothing of the first round in the second
		is.NoErr(c.Close(ctx))
		committed, err := truth.Committed(ctx, g, topic)
		is.NoErr(err)
		n := int64(round + 1)
		is.Equal(committed, map[int32]int64{0: n, 1: n, 2: n})
	}
}

// A process that was killed says nothing: the next one takes its member out, and has the
// partitions long before the session of 45 seconds ends.
func TestServerMemberTakesTheKilledOneOut(t *testing.T) {
	for _, instance := range []string{"", "static"} {
		t.Run("instance "+instance, func(t *testing.T) {
			is := is.New(t)
			ctx, kafka, _ := realKafka(t)
			topic, g := kafka.NewTopic(t, 3, nil), broker.Name(t)
			killed := openWith(t, kafka.Servers(), topic, g, func(c *Config) {
				byServer(c)
				c.Group.InstanceID = instance
			})
			settled(ctx, t, killed, 3)
			former := killed.MemberID()
			is.True(former != "")
			killed.client.Close() // it can't leave any more
			_ = killed.Close(ctx)

			begin := time.Now()
			c := openWith(t, kafka.Servers(), topic, g, func(c *Config) {
				byServer(c)
				c.Group.InstanceID, c.Group.Former = instance, former
			})
			settled(ctx, t, c, 3)
			t.Logf("back after %s", time.Since(begin).Round(time.Millisecond))
			if time.Since(begin) > 30*time.Second {
				t.Error("it waited for the end of the session")
			}
			is.NoErr(c.Close(ctx))
		})
	}
}

// A static member comes back to what it had, while another one is in the group.
func TestServerStaticMemberComesBack(t *testing.T) {
	is := is.New(t)
	ctx, kafka, _ := realKafka(t)
	topic, g := kafka.NewTopic(t, 4, nil), broker.Name(t)
	open := func(instance string) *Consumer {
		return openWith(t, kafka.Servers(), topic, g, func(c *Config) {
			byServer(c)
			c.Group.InstanceID = instance
		})
	}
	a, b := open("a"), open("b")
	settled(ctx, t, a, 2)
	settled(ctx, t, b, 2)
	epoch := b.member.Generation()
	is.NoErr(a.Close(ctx))
	a = open("a")
	settled(ctx, t, a, 2)
	is.Equal(b.member.Generation(), epoch)
	settled(ctx, t, b, 2)
	is.NoErr(a.Close(ctx))
	is.NoErr(b.Close(ctx))
}

// flow writes numbers to a topic until it is stopped, and notes which of them were read,
// and whether a commit was ever lower than one before.
type flow struct {
	topic, group string
	truth        *kclient.Client
	mu           sync.Mutex
	written      int
	read         map[string]int
	lower        []string
	readers      sync.WaitGroup
	jobs         sync.WaitGroup
	stop         context.CancelFunc
}

func startFlow(ctx context.Context, truth *kclient.Client, topic, g string, partitions int32) *flow {
	f := &flow{topic: topic, group: g, truth: truth, read: make(map[string]int)}
	ctx, f.stop = context.WithCancel(ctx)
	f.jobs.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			r := &kgo.Record{Topic: topic, Partition: int32(i) % partitions, Value: fmt.Append(nil, i)}
			if truth.Produce(context.WithoutCancel(ctx), r) != nil {
				return
			}
			f.mu.Lock()
			f.written = i + 1
			f.mu.Unlock()
			time.Sleep(2 * time.Millisecond)
		}
	})
	f.jobs.Go(func() {
		last := make(map[int32]int64)
		for ctx.Err() == nil {
			now, err := truth.Committed(ctx, g, topic)
			for p, at := range now {
				if err == nil && at < last[p] {
					f.mu.Lock()
					f.lower = append(f.lower, fmt.Sprintf("partition %d: %d after %d", p, at, last[p]))
					f.mu.Unlock()
				}
				last[p] = max(last[p], at)
			}
			time.Sleep(50 * time.Millisecond)
		}
	})
	return f
}

// by reads with a consumer, and acknowledges, until it is closed.
func (f *flow) by(c *Consumer) {
	f.readers.Go(func() {
		for {
			batches, err := c.Next(context.Background(), 100)
			if err != nil {
				return
			}
			for _, b := range batches {
				for _, r := range b.Records {
					f.mu.Lock()
					f.read[string(r.Value)]++
					f.mu.Unlock()
					c.Ack(recordOf(b, r.Offset))
				}
			}
		}
	})
}

// end stops writing, waits until all is read and reports what was read more than once.
func (f *flow) end(ctx context.Context, t *testing.T) {
	t.Helper()
	f.stop()
	f.jobs.Wait()
	for {
		f.mu.Lock()
		missing, again := 0, 0
		for i := range f.written {
			if n := f.read[fmt.Sprint(i)]; n == 0 {
				missing++
			} else {
				again += n - 1
			}
		}
		written, lower := f.written, f.lower
		f.mu.Unlock()
		if missing == 0 {
			t.Logf("%d records, %d read more than once", written, again)
			if len(lower) > 0 {
				t.Errorf("commits went back: %v", lower)
			}
			return
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("%d of %d records were not read", missing, written)
		}
	}
}

// A group changes its protocol member by member and back, while it reads.
func TestGroupChangesItsProtocolOnline(t *testing.T) {
	is := is.New(t)
	ctx, kafka, truth := realKafka(t)
	topic, g := kafka.NewTopic(t, 6, nil), broker.Name(t)
	f := startFlow(ctx, truth, topic, g, 6)
	open := func(change func(*Config)) *Consumer {
		c := openWith(t, kafka.Servers(), topic, g, change)
		f.by(c)
		return c
	}
	classic := func(*Config) {}
	a, b := open(classic), open(classic)
	settled(ctx, t, a, 3)
	settled(ctx, t, b, 3)
	for _, to := range []struct {
		name   string
		change func(*Config)
	}{{"consumer", byServer}, {"classic", classic}} {
		for _, c := range []**Consumer{&a, &b} {
			other := a
			if c == &a {
				other = b
			}
			is.NoErr((*c).Close(ctx))
			settled(ctx, t, other, 6)
			*c = open(to.change)
			settled(ctx, t, *c, 3)
			settled(ctx, t, other, 3)
			t.Logf("one more member by protocol %s", to.name)
		}
	}
	f.end(ctx, t)
	is.NoErr(a.Close(ctx))
	is.NoErr(b.Close(ctx))
	f.readers.Wait()
}

// The coordinator can't convert a classic group whose first rebalance is under way: no
// assignment protocol has been chosen. A member of the new protocol waits for that, also one
// that is not to try again.
func TestServerMemberJoinsDuringTheFirstRebalanceOfAClassicGroup(t *testing.T) {
	is := is.New(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	kafka := broker.ForTest(t, broker.Options{Properties: map[string]string{"group.initial.rebalance.delay.ms": "3000"}})
	truth, err := kclient.New(kafka.Servers())
	is.NoErr(err)
	defer truth.Close()
	topic, g := kafka.NewTopic(t, 4, nil), broker.Name(t)
	classic, err := kgo.NewClient(kgo.SeedBrokers(kafka.Servers()...), kgo.ConsumerGroup(g), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit())
	is.NoErr(err)
	defer classic.Close()
	go pollAll(ctx, classic)
	for state := ""; state != "PreparingRebalance"; state, _, _ = truth.Group(ctx, g) {
		is.NoErr(ctx.Err())
	}
	ours := openWith(t, kafka.Servers(), topic, g, byServer)
	settled(ctx, t, ours, 2)
	is.NoErr(ours.Close(ctx))
}

// Members of both protocols, of Java and of this consumer, share a group.
func TestGroupOfBothProtocolsAndJava(t *testing.T) {
	is := is.New(t)
	ctx, kafka, truth := realKafka(t)
	topic, g := kafka.NewTopic(t, 8, nil), broker.Name(t)
	ours := openWith(t, kafka.Servers(), topic, g, byServer)
	settled(ctx, t, ours, 8) // members of both protocols that found a group together: see docs/design.md
	classic := openReal(t, kafka.Servers(), topic, g)
	settled(ctx, t, ours, 4)
	settled(ctx, t, classic, 4)
	for _, protocol := range []string{"consumer", "classic"} {
		java, stopJava := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = kafka.Tool(java, "org.apache.kafka.tools.consumer.ConsoleConsumer",
				"--bootstrap-server", kafka.Servers()[0], "--topic", topic, "--group", g,
				"--consumer-property", "group.protocol="+protocol)
		}()
		settledBetween(ctx, t, ours, 2, 3)
		settledBetween(ctx, t, classic, 2, 3)
		t.Logf("with one of Java's by protocol %s: %d and %d", protocol, ours.fetcher.Len(), classic.fetcher.Len())
		stopJava()
		<-done
		settled(ctx, t, ours, 4) // when the session of the killed one has ended
		settled(ctx, t, classic, 4)
	}
	is.NoErr(truth.Produce(ctx, each(topic, 8)...))
	readBy(t, ours, 4)
	readBy(t, classic, 4)
	is.NoErr(ours.Close(ctx))
	is.NoErr(classic.Close(ctx))
}

func settledBetween(ctx context.Context, t *testing.T, c *Consumer, low, high int) {
	t.Helper()
	for n := c.fetcher.Len(); n < low || n > high; n = c.fetcher.Len() {
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("reads %d partitions, want %d to %d", n, low, high)
		}
	}
}
