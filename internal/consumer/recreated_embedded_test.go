package consumer

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// again deletes the topic, makes it again and writes to it.
func (w *world) again(n int) (numbers []int) {
	w.t.Helper()
	w.NoErr(w.truth.DeleteTopic(w.ctx, topic))
	w.NoErr(w.truth.CreateTopic(w.ctx, topic, partitions, nil))
	return w.write(n)
}

// write writes n records to each partition of the topic as it is now, numbered from 1000 on.
func (w *world) write(n int) (numbers []int) {
	w.t.Helper()
	var records []*kgo.Record
	for i := range n * partitions {
		numbers = append(numbers, 1000+i)
		records = append(records, &kgo.Record{Topic: topic, Partition: int32(i % partitions), Value: fmt.Append(nil, 1000+i)})
	}
	fresh, err := kclient.New(w.fake.ListenAddrs()) // the other one remembers the old topic
	w.NoErr(err)
	defer fresh.Close()
	w.NoErr(fresh.Produce(w.ctx, records...))
	return numbers
}

// The new topic has the offsets that come next, and has others below them.
func TestReadsATopicThatWasMadeAgainFromItsFirstRecord(t *testing.T) {
	for name, startAtEnd := range map[string]bool{"from the beginning": false, "from the latest": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := w.open(func(c *Config) { c.FromBeginning = !startAtEnd })
			defer c.Close(w.ctx)
			w.committed(map[int32]int64{0: 0, 1: 0, 2: 0}) // it has begun
			w.produce(9)
			ack(c, w.next(c, 9)...)
			w.committed(map[int32]int64{0: 3, 1: 3, 2: 3})

			want := w.again(10)
			// Some may come twice: what is in the new log after the offset that was next
			// in the old one, before that is known to be another.
			seen := make(map[int]bool)
			ended := make(chan struct{})
			read, stop := context.WithCancel(w.ctx)
			go func() {
				defer close(ended)
				for {
					batches, err := c.Next(read, 10)
					if err != nil {
						return
					}
					for _, b := range batches {
						for _, r := range b.Records {
							c.Ack(recordOf(b, r.Offset))
						}
					}
					for _, n := range numbers(batches) {
						seen[n] = true
					}
				}
			}()
			w.committed(map[int32]int64{0: 10, 1: 10, 2: 10})
			stop()
			<-ended
			w.True(containsAll(seen, want))
		})
	}
}

// While nobody takes records no fetch is made that could fail.
func TestReadsATopicThatWasMadeAgainMeanwhileFromItsFirstRecord(t *testing.T) {
	w := newWorld(t)
	c := w.open(func(c *Config) { c.Fetch.MaxBuffered = 1 })
	defer c.Close(w.ctx)
	w.produce(3 * partitions)
	first := w.next(c, 1) // it reads, and has read ahead what its buffer takes
	want := w.again(10)
	seen := map[int]bool{}
	for !containsAll(seen, want) {
		for _, n := range w.next(c, 1) {
			seen[n] = true
		}
	}
	w.True(!seen[first[0]])
}

func containsAll(seen map[int]bool, want []int) bool {
	for _, n := range want {
		if !seen[n] {
			return false
		}
	}
	return true
}

// What was committed for the old topic stands there for the new one, as when a
// commit comes a moment after the new topic.
func TestReadsATopicThatWasMadeAgainWhileNobodyReadFromItsFirstRecord(t *testing.T) {
	for name, start := range map[string]func(*Config){
		"from the beginning": func(c *Config) { c.FromBeginning = true },
		"from the latest":    func(c *Config) { c.FromBeginning = false },
		"from an offset":     func(c *Config) { c.StartAt.Offsets = map[string]map[int32]int64{topic: {0: 0, 1: 0, 2: 0}} },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			open := func() *Consumer { return w.open(start) }
			c := open()
			w.committed(map[int32]int64{0: 0, 1: 0, 2: 0}) // it has begun
			w.produce(9)
			ack(c, w.next(c, 9)...)
			w.NoErr(c.Close(w.ctx))
			before, err := w.truth.Committed(w.ctx, "g", topic)
			w.NoErr(err)

			want := w.again(10)
			after, err := w.truth.Committed(w.ctx, "g", topic)
			w.NoErr(err)
			w.Equal(after, before)
			w.Equal(after, map[int32]int64{0: 3, 1: 3, 2: 3})

			if name == "from an offset" { // of the old topic
				start = func(c *Config) { c.StartAt.Offsets = map[string]map[int32]int64{topic: {0: 2, 1: 2, 2: 2}} }
			}
			c = open()
			got := w.next(c, len(want))
			slices.Sort(got)
			w.Equal(got, want)
			w.committed(map[int32]int64{0: 0, 1: 0, 2: 0})
			w.NoErr(c.Close(w.ctx))
		})
	}
}

// MirrorMaker carries a group's offsets to another cluster with their notes, which name
// the topic that they were committed for there, and how far the group had been.
func TestConsumerBelievesOffsetsThatCameFromAnotherCluster(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cluster string
		want    int64 // where partition 1 goes on
		warned  int
	}{"another one": {"elsewhere", 4, 0}, "this one": {"", 0, 1}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.produce(30)
			if test.cluster == "" {
				test.cluster = *w.metadata(topic).ClusterID
			}
			w.commit(4, note{partitions: 1, topic: cluster.TopicID{1}, cluster: test.cluster, high: 1110}.String())
			var said warnings
			c := w.open(func(c *Config) { c.Group.Warn = said.warn })
			defer c.Close(w.ctx)
			for range 30 - test.want {
				ack(c, w.next(c, 1)...)
			}
			w.Equal(w.quiet(c), nil)
			w.committed(map[int32]int64{0: 10, 1: 10, 2: 10})
			w.Equal(said.about("are not used: [1]: they were committed for a topic of this name that has been deleted"), test.warned)
			all, err := c.member.Committed(w.ctx, nil)
			w.NoErr(err)
			n, _ := readNote(all[topic][1].Metadata)
			w.Equal(n, note{partitions: n.partitions, since: n.since, reads: n.reads, topic: w.topicID(), cluster: *w.metadata(topic).ClusterID})
		})
	}
}

// Kafka deletes a topic's offsets with it: only the position tells that the topic which
// has the name now is another one.
func TestReadsATopicThatWasMadeAgainWhileNobodyReadAsThePositionTells(t *testing.T) {
	w := newWorld(t)
	client, cfg := w.latest(nil)
	c := Open(client, cfg)
	w.committed(map[int32]int64{0: 0, 1: 0, 2: 0})
	w.produce(9)
	ack(c, w.next(c, 9)...)
	w.NoErr(c.Close(w.ctx))
	position := w.position(1, 2)
	want := w.again(10)
	forget["deleted"](w)

	client, cfg = w.latest(func(c *Config) { c.Resume = position })
	c = Open(client, cfg)
	defer c.Close(w.ctx)
	w.Equal(w.quiet(c), want)
}

// It is made again after the ends of its logs were found, and before anything is assigned.
func TestReadsATopicThatWasMadeAgainSinceItsEndsWereFound(t *testing.T) {
	w := newWorld(t)
	w.produce(9)
	client, cfg := w.latest(nil)
	want := w.again(10)
	forget["deleted"](w)
	c := Open(client, cfg)
	defer c.Close(w.ctx)
	w.Equal(w.quiet(c), want)
}
