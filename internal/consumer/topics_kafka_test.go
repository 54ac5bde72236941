package consumer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

// Three members read by a pattern, with "latest". Topics come, grow and go: each
// record is read once, whoever leads, and what can't be committed any more holds
// up nobody.
func TestAGroupReadsByAPatternWhileTopicsComeAndGo(t *testing.T) {
	is := is.New(t)
	ctx, kafka, truth := realKafka(t)
	g := broker.Name(t)
	prefix := strings.ToLower(g) + "."
	create := func(name string, partitions int32) { is.NoErr(truth.CreateTopic(ctx, prefix+name, partitions, nil)) }
	create("a", 2)
	create("gone", 2)

	var mu sync.Mutex
	seen := map[string]int{}
	said := ""
	open := func() *Consumer {
		c := openWith(t, kafka.Servers(), "", g, func(c *Config) {
			c.FromBeginning = false
			c.Group.Topics = nil
			c.Group.Match = func(topic string) bool { return strings.HasPrefix(topic, prefix) }
			c.Present = map[string]bool{prefix + "a": true, prefix + "gone": true}
			c.CommitInterval = 0 // only at rebalances and at the end
			c.CommitSize = 1 << 30
			c.Group.Warn = func(msg string, err error) {
				t.Log(msg, err)
				mu.Lock()
				defer mu.Unlock()
				said += msg + "\n"
			}
		})
		go func() {
			for {
				batches, err := c.Next(ctx, 100)
				if err != nil {
					return
				}
				mu.Lock()
				for _, b := range batches {
					for _, r := range b.Records {
						seen[string(r.Value)]++
						c.Ack(recordOf(b, r.Offset))
					}
				}
				mu.Unlock()
			}
		}()
		return c
	}
	first := open()
	settled(ctx, t, first, 4)
	members := []*Consumer{first, open(), open()}
	held := func(want int) {
		t.Helper()
		for {
			n := 0
			for _, c := range members {
				n += c.fetcher.Len()
			}
			if state, _, err := truth.Group(ctx, g); err == nil && state == "Stable" && n == want {
				return
			}
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
				t.Fatalf("the members read %d partitions, want %d", n, want)
			}
		}
	}
	written := map[string]int{}
	write := func(topic string, partitions int32) {
		t.Helper()
		for p := range partitions {
			value := fmt.Sprintf("%s/%d-%d", topic, p, len(written))
			is.NoErr(truth.Produce(ctx, &kgo.Record{Topic: prefix + topic, Partition: p, Value: []byte(value)}))
			written[value] = 1
		}
	}
	expect := func() {
		t.Helper()
		for {
			mu.Lock()
			equal, got := maps.Equal(seen, written), len(seen)
			mu.Unlock()
			if equal {
				return
			}
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
				t.Fatalf("read %d records, want %d: %v", got, len(written), seen)
			}
		}
	}

	held(4)
	write("a", 2)
	expect()

	create("b", 3)
	write("b", 3) // before anybody has noticed it
	held(7)
	write("gone", 2)
	expect()

	is.NoErr(truth.DeleteTopic(ctx, prefix+"gone")) // with offsets that are not committed
	held(5)
	write("a", 2)
	expect()

	is.NoErr(members[0].Close(ctx)) // the leader goes
	members = members[1:]
	create("c", 2)
	write("c", 2)
	held(7)
	expect()
	for _, c := range members {
		is.NoErr(c.Close(ctx))
	}
	mu.Lock()
	defer mu.Unlock()
	is.True(!strings.Contains(said, "commit"))
	for topic, want := range map[string]map[int32]int64{"a": {0: 2, 1: 2}, "b": {0: 1, 1: 1, 2: 1}, "c": {0: 1, 1: 1}} {
		got, err := truth.Committed(ctx, g, prefix+topic)
		is.NoErr(err)
		is.Equal(got, want)
	}
	is.True(!errors.Is(ctx.Err(), context.DeadlineExceeded))
}
