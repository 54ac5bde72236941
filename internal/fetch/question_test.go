package fetch

import (
	"errors"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// still returns a fetcher in which nothing goes on by itself, and which reads a
// partition at offset 5 from broker 1.
func still(t *testing.T) (*Fetcher, *broker, *partition) {
	t.Helper()
	client := cluster.New(nil, wire.Config{DialTimeout: time.Minute, RequestTimeout: time.Minute})
	f := newFetcher(client, Config{
		MaxWait: time.Second, MaxBytes: 1 << 20, MaxPartitionBytes: 1 << 20, MaxBuffered: 1 << 20, Rack: "r",
		MetadataInterval: time.Minute, Warn: func(string, error) {},
	})
	t.Cleanup(func() { f.Close(); client.Close() })
	for node := range int32(3) {
		f.brokers[node] = newBroker(node)
	}
	f.Add([]Start{{Topic: topic, Offset: 5, LeaderEpoch: 3, TopicID: cluster.TopicID{1}}})
	p := f.of(topic, 0)
	p.node, p.epoch = 1, 4
	f.read(p)
	return f, f.brokers[1], p
}

// move lets the router give a partition to a broker.
func (f *Fetcher) move(p *partition, node, epoch int32) {
	f.free(p)
	p.node, p.epoch = node, epoch
	f.read(p)
}

// whole is a request that named all partitions.
var whole = &request{}

// An answer to an old question changes nothing, whatever the two are.
func TestAnswerToAnotherQuestionIsDropped(t *testing.T) {
	meanwhile := map[string]func(*Fetcher, *partition){
		"the partition is removed":        func(f *Fetcher, p *partition) { f.remove(p.TopicPartition) },
		"it is removed and added again":   func(f *Fetcher, p *partition) { f.Add([]Start{{Topic: topic, Offset: 5}}) },
		"a batch can't be decoded":        func(f *Fetcher, p *partition) { f.rewind(fetched{asked: p.ask()}, 3, 3, errors.New("broken")) },
		"the same batch can't be decoded": func(f *Fetcher, p *partition) { f.rewind(fetched{asked: p.ask()}, 5, 3, errors.New("broken")) },
		"the topic is made again":         func(f *Fetcher, p *partition) { f.identify(p, cluster.Topic{ID: cluster.TopicID{2}}) },
		"the log is cut off":              func(f *Fetcher, p *partition) { f.markLost(p, Diverged) },
		"the topic is made again and read": func(f *Fetcher, p *partition) {
			f.identify(p, cluster.Topic{ID: cluster.TopicID{2}})
			p.restart(5)
			f.move(p, 1, 4)
		},
		"another offset is found":         func(f *Fetcher, p *partition) { f.markLost(p, Diverged); p.restart(0); f.move(p, 1, 4) },
		"the leader moves":                func(f *Fetcher, p *partition) { f.move(p, 2, 5) },
		"the leader moves and comes back": func(f *Fetcher, p *partition) { f.move(p, 2, 5); f.move(p, 1, 6) },
		"it is free":                      func(f *Fetcher, p *partition) { f.retryLater(p) },
		"it is asked about":               func(f *Fetcher, p *partition) { f.free(p); p.state = checking },
		"it is read from a replica":       func(f *Fetcher, p *partition) { f.prefer(p, 2); f.move(p, 1, 4) },
	}
	respond := func(r partitionResponse) func(*Fetcher, *broker) {
		r.topic = topic
		return func(f *Fetcher, b *broker) {
			if sets, _ := f.accept(b, whole, response{partitions: []partitionResponse{r}}); len(sets) > 0 {
				t.Error("records for another question are to be decoded")
			}
		}
	}
	answers := map[string]func(*Fetcher, *broker){
		"records":             respond(partitionResponse{highWatermark: 99, preferred: -1, set: batch(5, 5, "a")}),
		"no records":          respond(partitionResponse{highWatermark: 99, preferred: -1}),
		"part of a batch":     respond(partitionResponse{highWatermark: 99, preferred: -1, set: batch(5, 5, "a")[:30]}),
		"another replica":     respond(partitionResponse{highWatermark: 99, preferred: 0}),
		"an error":            respond(partitionResponse{err: kerr.NotLeaderForPartition.Code}),
		"a final error":       respond(partitionResponse{err: kerr.TopicAuthorizationFailed.Code}),
		"out of range":        respond(partitionResponse{err: kerr.OffsetOutOfRange.Code}),
		"nothing about it":    func(f *Fetcher, b *broker) { f.accept(b, whole, response{}) },
		"a broken connection": func(f *Fetcher, b *broker) { f.releaseBroker(b, 0, errors.New("broken")) },
		"refused credentials": func(f *Fetcher, b *broker) { f.releaseBroker(b, 0, &wire.AuthError{}) },
		"a refused request": func(f *Fetcher, b *broker) {
			f.releaseBroker(b, kerr.TopicAuthorizationFailed.Code, errors.New("refused"))
		},
	}
	for change, apply := range meanwhile {
		for what, answer := range answers {
			t.Run(what+" after "+change, func(t *testing.T) {
				is := is.New(t)
				f, b, p := still(t)
				is.True(f.request(b) != nil)
				apply(f, p)
				old, now := *p, f.parts[p.TopicPartition]
				var added partition
				if now != nil {
					added = *now
				}
				answer(f, b)
				is.Equal(*p, old)
				is.Equal(f.parts[p.TopicPartition], now)
				is.True(now == nil || *now == added)
				is.NoErr(f.err)
			})
		}
	}
}

func TestAnswerToTheQuestionIsTaken(t *testing.T) {
	is := is.New(t)
	f, b, p := still(t)
	is.True(f.request(b) != nil)
	sets, moved := f.accept(b, whole, response{partitions: []partitionResponse{
		{topic: topic, highWatermark: 9, preferred: -1, set: batch(5, 6, "a", "b")},
		{topic: topic, highWatermark: 7, preferred: -1, set: batch(5, 5, "a")}, // it was asked once
	}})
	is.True(moved)
	is.Equal(len(sets), 1)
	is.Equal(p.offset, int64(7))
	is.Equal(p.watermark, int64(9))
}

func TestWatermarkThatWasAskedForOtherwiseIsOfTheSameLog(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(*Fetcher, *partition)
		counts    bool
	}{
		"nothing happens":           {func(*Fetcher, *partition) {}, true},
		"a fetch brings a newer":    {func(_ *Fetcher, p *partition) { p.noteWatermark(8) }, false},
		"it is assigned again":      {func(f *Fetcher, p *partition) { f.Add([]Start{{Topic: topic, Offset: 5}}) }, false},
		"the log is another":        {func(f *Fetcher, p *partition) { f.identify(p, cluster.Topic{ID: cluster.TopicID{2}}) }, false},
		"it goes on somewhere else": {func(f *Fetcher, p *partition) { f.markLost(p, Diverged); p.restart(0) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			f, _, p := still(t)
			p.noteWatermark(6)
			asked := f.Watermarks()[0]
			c.meanwhile(f, p)
			f.SetWatermark(asked, 7)
			is.Equal(f.Watermarks()[0].Offset == 7, c.counts)
		})
	}
}

// A leader that stays away is looked for less and less often.
func TestPartitionWithoutLeaderWaitsLonger(t *testing.T) {
	is := is.New(t)
	f, _, p := still(t)
	f.free(p)
	var without leaderless
	p.misses = 1000
	without.add(p, nil)
	is.True(time.Until(p.retryAt) > slowRetry/2)
}

// Only the batch itself shows that it can be read.
func TestFailuresToDecodeABatchAreCountedUntilItIsDecoded(t *testing.T) {
	is := is.New(t)
	f, _, p := still(t)
	fail := func() { f.rewind(fetched{asked: p.ask()}, 5, -1, errors.New("broken")) }
	fail()
	fail()
	is.True(f.put(fetched{asked: p.ask()}, message.Batch{Next: 5})) // of before
	is.Equal(p.broken.n, 2)
	fail()
	is.NoErr(f.err)
	fail()
	is.True(f.err != nil)
	is.True(f.put(fetched{asked: p.ask()}, message.Batch{Next: 6}))
	is.Equal(p.broken.n, 0)
}
