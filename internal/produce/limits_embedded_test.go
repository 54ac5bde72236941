package produce

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// takesUpTo has brokers hang up on produce requests with more bytes of record batches,
// and notes the size of the largest request and the number of requests.
func (w *world) takesUpTo(limit int) (largest, requests *atomic.Int64) {
	largest, requests = new(atomic.Int64), new(atomic.Int64)
	w.fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		size := 0
		for _, t := range req.(*kmsg.ProduceRequest).Topics {
			for _, p := range t.Partitions {
				size += len(p.Records)
			}
		}
		requests.Add(1)
		largest.Store(max(largest.Load(), int64(size)))
		if size > limit {
			return nil, errors.New("the request is too large"), true
		}
		return nil, nil, false
	})
	return largest, requests
}

// random makes n messages of 10 KB that can't be compressed, in turn for each partition.
func random10K(n int) []message.Message {
	messages := spread(n)
	for i := range messages {
		messages[i].Value = make([]byte, 10_000)
		_, _ = rand.Read(messages[i].Value)
	}
	return messages
}

func TestSendMakesRequestsAsSmallAsABrokerWants(t *testing.T) {
	const eventHubs = 1_046_528
	for name, acks := range map[string]Acks{"acks all": AcksAll, "acks one": AcksOne} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *Config) {
				c.Acks, c.BatchBytes, c.MaxAttempts = acks, 1_000_012, 1
				c.Warn = func(_ string, err error) {
					if strings.Contains(err.Error(), "saslMechanism") {
						t.Error(err)
					}
				}
			}, kfake.NumBrokers(1), kfake.BrokerConfigs(map[string]string{"message.max.bytes": "2000000"}))
			largest, requests := w.takesUpTo(eventHubs)
			n, err := w.p.Send(w.ctx, random10K(900)) // 9 MB
			w.NoErr(err)
			w.Equal(n, 900)
			w.True(largest.Load() > 2_000_000) // nothing was known
			total := 0
			for _, values := range w.written() {
				total += len(values)
			}
			w.Equal(total, 900)

			for range 2 { // the first may show that half as much is still too much
				largest.Store(0)
				requests.Store(0)
				n, err = w.p.Send(w.ctx, random10K(180)) // three batches of 0.6 MB
				w.NoErr(err)
				w.Equal(n, 180)
			}
			w.True(largest.Load() <= eventHubs) // it remembers
			w.Equal(requests.Load(), int64(3))
		})
	}
}

func TestSendMakesLargeRequestsWhereNobodyMinds(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.BatchBytes = 1_000_012 }, kfake.NumBrokers(1))
	_, requests := w.takesUpTo(1 << 30)
	_, err := w.p.Send(w.ctx, random10K(900))
	w.NoErr(err)
	w.Equal(requests.Load(), int64(4)) // one for the nth batches of all partitions
}

// With acks none the end of the connection is all that there is, and comes later.
func TestSendWithoutAcksMakesSmallerRequestsOnceABrokerHangsUp(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Acks, c.BatchBytes = AcksNone, 1_000_012 }, kfake.NumBrokers(1))
	_, _ = w.takesUpTo(1_046_528)
	_, err := w.p.Send(w.ctx, random10K(180))
	w.NoErr(err)
	<-w.p.posted.conns[0].conn.Dead()
	n, err := w.p.Send(w.ctx, random10K(180))
	w.NoErr(err)
	w.Equal(n, 180)
	w.until(func() bool { return len(w.written()) == 3 })
}

func TestSendSaysThatABatchMayBeTooLargeForABroker(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.BatchBytes, c.DeliveryTimeout = 4_000_000, time.Second })
	w.takesUpTo(1_046_528)
	messages := random10K(200)
	for i := range messages {
		messages[i].Partition = 0
	}
	n, err := w.p.Send(w.ctx, messages)
	w.Equal(n, 0)
	w.True(strings.Contains(err.Error(), "lower batchBytes"))
	w.True(!strings.Contains(err.Error(), "saslMechanism"))
}

func TestLimitsHaveAFloor(t *testing.T) {
	var l limits
	for _, c := range []struct {
		queues, size int
		lowered      bool
		then         int
	}{
		{5, minRequestBytes, false, MaxRequestBytes},
		{1, 30 << 20, false, MaxRequestBytes},
		{5, 30 << 20, true, 15 << 20},
		{5, 1_500_000, true, minRequestBytes},
		{5, 1_100_000, true, minRequestBytes},
	} {
		if got := l.lower(1, c.queues, c.size); got != c.lowered || l.of(1, MaxRequestBytes) != c.then {
			t.Errorf("%+v: %t, %d", c, got, l.of(1, MaxRequestBytes))
		}
	}
	if l.of(2, MaxRequestBytes) != MaxRequestBytes {
		t.Error("another broker has a limit too")
	}
}

func TestLimitsFollowThePaceOfABroker(t *testing.T) {
	const mb = 1_000_000
	var l limits
	l.lower(1, 5, 24*mb) // which stays
	for _, c := range []struct {
		queues, size int
		took, pause  time.Duration
		then         int
	}{
		{1, 10 * mb, time.Minute, 0, 12 * mb}, // nothing can be divided
		{5, 10 * mb, time.Minute, 0, 5 * mb},
		{5, 5 * mb, time.Second, time.Minute, 2_500_000},
		{5, 2_500_000, time.Millisecond, time.Minute, 1_250_000},
		{5, 1_250_000, time.Minute, time.Minute, mb},
		{5, mb, time.Minute, time.Minute, mb},
		{5, mb, 3 * time.Second, 0, mb},
		{5, mb, time.Millisecond, time.Millisecond, mb},
		{5, 100, time.Millisecond, 0, mb}, // that shows nothing
		{5, mb, time.Millisecond, 0, 2 * mb},
		{1, 2 * mb, time.Millisecond, 0, 4 * mb},
		{5, 4 * mb, time.Millisecond, 0, 8 * mb},
		{5, 8 * mb, time.Millisecond, 0, 12 * mb},
		{5, 12 * mb, time.Millisecond, 0, 12 * mb},
	} {
		l.answered(1, c.queues, c.size, c.took, c.pause)
		if got := l.of(1, MaxRequestBytes); got != c.then {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

// On a slow link a request that is too large for the request timeout never arrives.
func TestSendMakesSmallerRequestsWhereTheyTakeTooLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.BatchBytes, c.RequestTimeout = 1_000_012, time.Second }, kfake.NumBrokers(1))
	w.fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		return nil, nil, len(req.AppendTo(nil)) > 1_500_000
	})
	n, err := w.p.Send(w.ctx, random10K(300))
	w.NoErr(err)
	w.Equal(n, 300)
}

func TestSendKeepsRequestsAsAWholeUnderTheSetting(t *testing.T) {
	for _, codec := range []recordbatch.Codec{recordbatch.None, recordbatch.Snappy, recordbatch.LZ4, recordbatch.Gzip} {
		w := newWorld(t, func(c *Config) {
			c.Codec, c.BatchBytes, c.MaxRequestBytes = codec, 40_000, 64_000
		}, kfake.NumBrokers(1))
		largest, requests := 0, 0
		w.fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
			w.fake.KeepControl()
			largest, requests = max(largest, 4+10+len("test")+len(req.AppendTo(nil))), requests+1
			return nil, nil, false
		})
		n, err := w.p.Send(w.ctx, random10K(90))
		w.NoErr(err)
		w.Equal(n, 90)
		w.True(largest <= 64_000)
		w.True(largest > 40_000)
	}
}

func TestWritersAreKeptForWhatIsUsual(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.BatchBytes = 100_000 })
	_, err := w.p.Send(w.ctx, random10K(900))
	w.NoErr(err)
	for range 10 {
		_, err = w.p.Send(w.ctx, spread(3))
		w.NoErr(err)
	}
	w.True(len(w.p.writers.free) <= 4)
	before := slices.Clone(w.p.writers.free)
	_, err = w.p.Send(w.ctx, spread(3))
	w.NoErr(err)
	for _, used := range w.p.writers.free {
		w.True(slices.Contains(before, used))
	}
}

// Names of topics count: here they make a tenth of the request.
func TestARequestForManyTopicsIsMadeSmallerToo(t *testing.T) {
	var names []string
	for i := range 800 {
		names = append(names, fmt.Sprintf("inventory.database.schema.some_table_with_a_rather_long_name_that_is_told_%030d", i))
	}
	w := newWorld(t, func(c *Config) { c.MaxAttempts = 3 }, kfake.NumBrokers(1), kfake.SeedTopics(1, names...))
	w.fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		if len(req.AppendTo(nil)) > smallestLimit {
			return nil, errors.New("the request is too large"), true
		}
		return nil, nil, false
	})
	var messages []message.Message
	for _, name := range names {
		messages = append(messages, to(name, 0, string(random10K(1)[0].Value[:1150])))
	}
	n, err := w.p.Send(w.ctx, messages)
	w.NoErr(err)
	w.Equal(n, len(names))
}
