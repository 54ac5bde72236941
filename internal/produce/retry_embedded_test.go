package produce

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

func TestTriesAsOftenAsItMay(t *testing.T) {
	for _, max := range []int{1, 2, 5} {
		w := newWorld(t, func(c *Config) { c.MaxAttempts, c.Backoff = max, time.Millisecond })
		sent := w.count(kmsg.Produce)
		w.fail(0, kerr.NotEnoughReplicas.Code, -1)
		n, err := w.p.Send(w.ctx, spread(1))
		w.Equal(n, 0)
		w.True(errors.Is(err, kafkago.NotEnoughReplicas))
		w.True(strings.Contains(err.Error(), "(retry.maxAttempts)"))
		w.Equal(sent.Load(), int64(max))
		w.Equal(attemptsIn(err), max)
	}
}

// count counts the requests of a kind.
func (w *world) count(kind kmsg.Key) *atomic.Int64 {
	n := new(atomic.Int64)
	w.fake.ControlKey(int16(kind), func(kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		n.Add(1)
		return nil, nil, false
	})
	return n
}

// attemptsIn is how many attempts an error tells of.
func attemptsIn(err error) int {
	for i, word := range []string{"after 1 of", "after 2 of", "after 3 of", "after 4 of", "after 5 of"} {
		if strings.Contains(err.Error(), word) {
			return i + 1
		}
	}
	return 0
}

func TestTheLastAttemptMaySucceed(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxAttempts, c.Backoff = 3, time.Millisecond })
	w.fail(1, kerr.NotEnoughReplicas.Code, 2)
	n, err := w.p.Send(w.ctx, spread(30))
	w.NoErr(err)
	w.Equal(n, 30)
	w.Equal(w.written(), wants(30))
}

func TestErrorsThatStayAreNotTriedAgain(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxAttempts = 5 })
	sent := w.count(kmsg.Produce)
	w.fail(0, kerr.PolicyViolation.Code, -1)
	_, err := w.p.Send(w.ctx, spread(1))
	w.True(errors.Is(err, kafkago.PolicyViolation))
	w.Equal(attemptsIn(err), 0)
	w.Equal(sent.Load(), int64(1))
}

func TestWithoutALimitTheDeadlineEndsTheAttempts(t *testing.T) {
	is := is.New(t)
	a := (&Producer{cfg: Config{Backoff: time.Nanosecond}}).attempts()
	for range 15 {
		is.True(a.wait(t.Context()))
	}
	is.Equal(a.explain(kafkago.NotEnoughReplicas), kafkago.NotEnoughReplicas)
}

func TestTheBackoffDoublesUpToASecond(t *testing.T) {
	is := is.New(t)
	for given, want := range map[time.Duration]struct{ min, max time.Duration }{
		0:                      {10 * time.Millisecond, time.Second},
		100 * time.Millisecond: {100 * time.Millisecond, time.Second},
		5 * time.Second:        {5 * time.Second, 5 * time.Second},
	} {
		b := (&Producer{cfg: Config{Backoff: given}}).attempts().backoff
		is.Equal(b.Min, want.min)
		is.Equal(b.Max, want.max)
		is.Equal(b.Factor, 2.0)
	}
}

// disconnect answers requests of a kind by hanging up, for ever.
func (w *world) disconnect(kind kmsg.Key) *atomic.Int64 {
	n := new(atomic.Int64)
	w.fake.ControlKey(int16(kind), func(kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		n.Add(1)
		return nil, errors.New("hang up"), true
	})
	return n
}

func TestWhatSendingTakesIsTriedAsOftenToo(t *testing.T) {
	for _, kind := range []kmsg.Key{kmsg.Metadata, kmsg.InitProducerID} {
		t.Run(kind.Name(), func(t *testing.T) {
			w := newWorld(t, func(c *Config) { c.MaxAttempts, c.Backoff = 2, time.Millisecond })
			hangUps := w.disconnect(kind)
			n, err := w.p.Send(w.ctx, spread(1))
			w.Equal(n, 0)
			w.Equal(attemptsIn(err), 2)
			w.True(hangUps.Load() >= 2) // of several brokers
		})
	}
}

func TestAnswersThatItIsTooEarlyAreNoAttempts(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxAttempts, c.Backoff = 1, time.Millisecond })
	early := 0
	w.fake.ControlKey(int16(kmsg.InitProducerID), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		if early++; early > 5 {
			return nil, nil, false
		}
		res := req.ResponseKind().(*kmsg.InitProducerIDResponse)
		res.ErrorCode = kerr.CoordinatorLoadInProgress.Code
		return res, nil, true
	})
	n, err := w.p.Send(w.ctx, spread(1))
	w.NoErr(err)
	w.Equal(n, 1)
	w.Equal(early, 6)
}

// Without sequence numbers no producer ID is asked for and none is in the batches.
func TestWithoutSequenceNumbers(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.NoSequences = true })
	asked := w.count(kmsg.InitProducerID)
	ids := map[int64]bool{}
	w.fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		for _, t := range req.(*kmsg.ProduceRequest).Topics {
			for _, p := range t.Partitions {
				var b kmsg.RecordBatch
				w.NoErr(b.ReadFrom(p.Records))
				ids[b.ProducerID] = true
			}
		}
		return nil, nil, false
	})
	n, err := w.p.Send(w.ctx, spread(30))
	w.NoErr(err)
	w.Equal(n, 30)
	w.Equal(asked.Load(), int64(0))
	w.Equal(ids, map[int64]bool{-1: true})
	w.Equal(w.written(), wants(30))
}

// failEachBatchOnce answers the first attempt of each batch with an error code, and
// returns how often each was sent.
func (w *world) failEachBatchOnce(code *kerr.Error) map[string]int {
	attempts := map[string]int{}
	embedded.Answer(w.fake, kmsg.Produce, func(req kmsg.Request) kmsg.Response {
		raw := string(req.(*kmsg.ProduceRequest).Topics[0].Partitions[0].Records)
		if attempts[raw]++; attempts[raw] == 1 {
			return embedded.Refusal(req, code.Code)
		}
		return nil
	})
	return attempts
}

// Attempts are those of one batch, and the pause between them is short again after
// each that is written.
func TestAttemptsAreCountedByBatch(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxAttempts, c.BatchBytes, c.Backoff = 2, 80, time.Hour })
	attempts := w.failEachBatchOnce(kerr.NotEnoughReplicas)
	var messages []message.Message
	for i := range 6 {
		messages = append(messages, to(topic, 0, fmt.Sprint("value ", i)))
	}
	n, err := w.p.Send(w.ctx, messages)
	w.NoErr(err)
	w.Equal(n, 6)
	w.Equal(len(attempts), 6)
}

func TestSaysThatTheCallerEndedIt(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]time.Duration{"by a deadline": time.Second, "by hand": time.Hour} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *Config) { c.DeliveryTimeout = 0 })
			tried := w.count(kmsg.Produce)
			w.fail(0, kerr.NotEnoughReplicas.Code, -1)
			ctx, cancel := context.WithTimeout(w.ctx, limit)
			defer cancel()
			sent := make(chan error, 1)
			go func() {
				_, err := w.p.Send(ctx, spread(1))
				sent <- err
			}()
			w.until(func() bool { return tried.Load() > 3 })
			if limit == time.Hour {
				cancel()
			}
			err := <-sent
			w.True(errors.Is(err, ctx.Err()))
			w.True(errors.Is(err, kafkago.NotEnoughReplicas))
			w.True(!strings.Contains(err.Error(), "deliveryTimeout"))
		})
	}
}
