package fetch

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// ListOffsets has the offset, and the leader refuses it: brokers with tiered storage
// do that while their view of it lags.
func TestInsistsThatAnOffsetIsNotToBeHad(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	var fetches, resets, warned atomic.Int64
	f := play(t, script{
		5: func(kmsg.FetchRequestTopicPartition) reply {
			fetches.Add(1)
			return reply{code: kerr.OffsetOutOfRange.Code}
		},
		7: answer(batch(7, 7, "a")),
	}, 5, func(c *Config) {
		c.Warn = func(string, error) { warned.Add(1) }
		c.Reset = resetBy(func(l Lost) (int64, error) {
			if resets.Add(1); l.Insisted {
				return 7, nil
			}
			return l.Offset, nil
		})
	})
	got, err := values(t, f, 1)
	is.NoErr(err)
	is.Equal(got, []string{"7:a"})
	is.Equal(fetches.Load(), int64(maxMisses))
	is.Equal(resets.Load(), int64(maxMisses))
	is.Equal(warned.Load(), int64(1))
}

// What a broker answers brings nothing, again and again: it is asked in peace, and
// somebody is told.
func TestSlowsDownAndSaysSoWhereAnswersBringNothing(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	whole := batch(5, 5, "a long value")
	for name, set := range map[string][]byte{
		"part of a batch, whatever is asked for": whole[:len(whole)-1],
		"a few bytes":                            whole[:10],
		"a batch of before the offset":           batch(0, 0, "a"),
	} {
		wg.Go(func() {
			var fetches atomic.Int64
			warned := make(chan int64, 100)
			f := play(t, script{5: func(kmsg.FetchRequestTopicPartition) reply {
				fetches.Add(1)
				return reply{set: set}
			}}, 5, func(c *Config) { c.Warn = func(string, error) { warned <- fetches.Load() } })
			saysSo(t, name, f, warned)
		})
	}
	wg.Wait()
}

// saysSo waits for the first warning, which comes with the number of fetches so far.
func saysSo(t *testing.T, what string, f *Fetcher, warned <-chan int64) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	go f.Next(ctx, 1) //nolint:errcheck // there is nothing
	select {
	case n := <-warned:
		if n > maxMisses+1 { // once more to learn what is too large
			t.Errorf("%s: %d fetches before somebody is told", what, n)
		}
	case <-ctx.Done():
		t.Errorf("%s: nobody is told", what)
	}
}

// A leader names a replica, and the replica is of no use.
func TestSlowsDownAndSaysSoWhereReplicasSendItAround(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for name, replica := range map[string]kmsg.FetchResponseTopicPartition{
		"the replica refuses":          {ErrorCode: kerr.OffsetNotAvailable.Code, PreferredReadReplica: -1},
		"the replica names the leader": {PreferredReadReplica: 0},
		"the replica names a third":    {PreferredReadReplica: 2},
	} {
		wg.Go(func() {
			fake := embedded.Start(t, kfake.NumBrokers(3), kfake.SeedTopics(1, topic))
			if err := fake.MoveTopicPartition(topic, 0, 0); err != nil {
				t.Error(err)
			}
			var fetches atomic.Int64
			embedded.Answer(fake, kmsg.Fetch, func(req kmsg.Request) kmsg.Response {
				fetches.Add(1)
				res := embedded.Refusal(req, 0).(*kmsg.FetchResponse)
				if p := &res.Topics[0].Partitions[0]; fake.CurrentNode() == 1 {
					p.ErrorCode, p.PreferredReadReplica = replica.ErrorCode, replica.PreferredReadReplica
				} else {
					p.PreferredReadReplica = 1
				}
				return res
			})
			warned := make(chan int64, 100)
			f := open(t, fake, 5*time.Second, func(c *Config) {
				c.Rack, c.MetadataInterval = "r", 10*time.Millisecond
				c.Warn = func(string, error) { warned <- fetches.Load() }
			})
			f.Add([]Start{{Topic: topic, LeaderEpoch: -1}})
			saysSo(t, name, f, warned)
		})
	}
	wg.Wait()
}

// Some brokers answer at once that there is nothing.
func TestDoesNotSpinOnABrokerThatDoesNotWaitForRecords(t *testing.T) {
	t.Parallel()
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
	fetches := embedded.Count(fake, int16(kmsg.Fetch))
	embedded.Answer(fake, kmsg.Fetch, func(req kmsg.Request) kmsg.Response { return embedded.Refusal(req, 0) })
	f := open(t, fake, 5*time.Second, func(c *Config) { c.MaxWait = time.Minute })
	f.Add([]Start{{Topic: topic, LeaderEpoch: -1}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, _ = f.Next(ctx, 1)
	if n := fetches.Load(); n > 200 {
		t.Errorf("%d fetches in a second", n)
	}
}

func TestBackoffFollowsTroubleAndLosesInterestInIt(t *testing.T) {
	is := is.New(t)
	is.Equal(backoff(0), time.Duration(0)) // a leader that moved is followed at once
	var passed time.Duration
	for misses := 1; misses < 1000; misses++ {
		d := backoff(misses)
		is.True(d <= slowRetry)
		is.True(d <= maxRetry || d <= passed/2) // what ends is noticed soon
		passed += d
	}
	is.Equal(backoff(1000), slowRetry)
	n := 0
	for passed = 0; passed < time.Hour; n++ {
		passed += backoff(n)
	}
	is.True(n < 400) // of the 3,600 that once a second would be
}
