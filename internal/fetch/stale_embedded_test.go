package fetch

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// held is a Fetcher for the functions of a script, which run while it is being made.
type held chan *Fetcher

func hold() held { return make(held, 1) }

// until holds an answer back until something is so of t/0.
func (h held) until(t *testing.T, so func(*partition) bool) {
	f := <-h
	h <- f
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		f.mu.Lock()
		ok := so(f.parts[message.TopicPartition{Topic: topic, Partition: 0}])
		f.mu.Unlock()
		if ok {
			return
		}
		if time.Now().After(end) {
			t.Error("it never is")
			return
		}
	}
}

func brokenBatch(at int64, value string) []byte {
	b := batch(at, at, value)
	b[len(b)-1] ^= 1
	return b
}

// The next fetch is on its way when a batch turns out to be broken, and its answer
// comes after that: whatever it is, it is not one to the fetch of the batch.
func TestReadsTheBrokenBatchAgainBeforeWhatComesAfterIt(t *testing.T) {
	after := batch(2, 2, "c")
	for name, late := range map[string]reply{
		"more records":  {set: after},
		"no records":    {},
		"out of range":  {code: kerr.OffsetOutOfRange.Code},
		"a final error": {code: kerr.TopicAuthorizationFailed.Code},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			h := hold()
			f := play(t, script{
				0: answer(batch(0, 0, "a"), brokenBatch(1, "b")),
				1: answer(batch(1, 1, "b"), after),
				2: func(kmsg.FetchRequestTopicPartition) reply {
					h.until(t, func(p *partition) bool { return p.offset == 1 })
					return late
				},
			}, 0, nil)
			h <- f
			got, err := values(t, f, 3)
			is.NoErr(err)
			is.Equal(got, []string{"0:a", "1:b", "2:c"})
		})
	}
}

// A batch is broken in the log, and more comes after it.
func TestEndsAtTheBatchThatStaysBrokenWithMoreAfterIt(t *testing.T) {
	is := is.New(t)
	var tries atomic.Int64
	h := hold()
	f := play(t, script{
		0: answer(batch(0, 0, "a"), brokenBatch(1, "b"), batch(2, 2, "c")),
		1: func(kmsg.FetchRequestTopicPartition) reply {
			tries.Add(1)
			return reply{set: append(brokenBatch(1, "b"), batch(2, 2, "c")...)}
		},
		3: func(kmsg.FetchRequestTopicPartition) reply {
			h.until(t, func(p *partition) bool { return p.offset == 1 })
			return reply{set: batch(3, 3, "d")}
		},
	}, 0, nil)
	h <- f
	got, err := values(t, f, 2)
	is.Equal(got, []string{"0:a"})
	var corrupt *recordbatch.CorruptError
	is.True(errors.As(err, &corrupt))
	is.True(strings.Contains(err.Error(), "t/0 at offset 1"))
	is.Equal(tries.Load(), int64(maxCorrupt))
}

// A fetch of the old topic is on its way when the topic turns out to be another.
func TestReadsATopicThatWasMadeAgainFromItsStart(t *testing.T) {
	is := is.New(t)
	h := hold()
	f := play(t, script{
		0: answer(batch(0, 5, "a", "b", "c", "d", "e", "f")),
		5: func(kmsg.FetchRequestTopicPartition) reply {
			h.until(t, func(p *partition) bool { return p.topicID != cluster.TopicID{} && p.state == fetching })
			f := <-h
			h <- f
			f.mu.Lock()
			f.parts[message.TopicPartition{Topic: topic, Partition: 0}].topicID = cluster.TopicID{9} // as if the topic had been made again since
			f.mu.Unlock()
			h.until(t, func(p *partition) bool { return p.offset == 0 && p.state == fetching })
			return reply{set: batch(5, 5, "f")}
		},
	}, 5, func(c *Config) {
		c.MetadataInterval = 20 * time.Millisecond
		c.Reset = resetBy(func(l Lost) (int64, error) {
			if l.Why != Recreated {
				return 0, errors.New("not expected")
			}
			return 0, nil
		})
	})
	h <- f
	got, err := values(t, f, 6)
	is.NoErr(err)
	is.Equal(got, []string{"0:a", "1:b", "2:c", "3:d", "4:e", "5:f"})
}

// A partition is given up and comes back while an offset is looked for.
func TestAnOffsetThatWasFoundForTheLastAssignmentIsDropped(t *testing.T) {
	is := is.New(t)
	asked, found := make(chan struct{}), make(chan bool)
	f := play(t, script{0: fails(kerr.OffsetOutOfRange, 1, nil), 3: answer(batch(3, 3, "d"))}, 0, func(c *Config) {
		c.Reset = func(_ context.Context, lost []Lost, give func(Found) bool) {
			close(asked)
			<-found
			found <- give(Found{Lost: lost[0], To: 7, Apply: func() { t.Error("it is applied") }})
		}
	})
	<-asked
	f.Remove(topic, 0)
	f.Add([]Start{{Topic: topic, Offset: 3, LeaderEpoch: -1, Assignment: 2}})
	found <- true
	is.True(!<-found)
	got, err := values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"3:d"})
}

// Until Next's caller has done its bookkeeping, it would count the records of before a
// reset as some of after it.
func TestResetsOnceTheCallerHasSettled(t *testing.T) {
	is := is.New(t)
	var settled atomic.Bool
	f := play(t, script{0: answer(batch(0, 0, "a")), 1: fails(kerr.OffsetOutOfRange, 1, nil), 4: answer(batch(4, 4, "e"))}, 0, func(c *Config) {
		c.Reset = resetBy(func(Lost) (int64, error) {
			if !settled.Load() {
				t.Error("reset while the caller is still busy with what Next returned")
			}
			return 4, nil
		})
	})
	got, err := values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"0:a"})
	h := hold()
	h <- f
	h.until(t, func(p *partition) bool { return p.lost != 0 })
	f.wakeRouter()
	time.Sleep(50 * time.Millisecond) // in vain
	settled.Store(true)
	f.Settle()
	h.until(t, func(p *partition) bool { return p.offset >= 4 })
	got, err = values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"4:e"})
}
