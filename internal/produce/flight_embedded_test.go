package produce

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// unanswered notes how many bytes the producer has in flight at most while a broker looks
// at a request, for which the broker waits a moment each time.
func (w *world) unanswered(moment time.Duration) *atomic.Int64 {
	most := new(atomic.Int64)
	w.fake.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		time.Sleep(moment)
		w.p.flights.mu.Lock()
		defer w.p.flights.mu.Unlock()
		for _, f := range w.p.flights.byBroker {
			most.Store(max(most.Load(), int64(f.bytes)))
		}
		return nil, nil, false
	})
	return most
}

// twoLines waits until a second connection is open.
func (w *world) twoLines() {
	w.until(func() bool { return w.p.client.Ready(0, cluster.ProduceBeside) != nil })
}

const flightRequest = 1 << 20 // so that 9 MB are at least nine requests

func newFlightWorld(t *testing.T) *world {
	return newWorld(t, func(c *Config) { c.BatchBytes, c.MaxRequestBytes = 500_000, flightRequest }, kfake.NumBrokers(1))
}

func TestSendMakesTheNextRequestsWhileOneIsUnanswered(t *testing.T) {
	w := newFlightWorld(t)
	_, err := w.p.Send(w.ctx, random10K(3))
	w.NoErr(err) // the broker is quick
	w.twoLines()
	most := w.unanswered(quickAnswer / 10)
	n, err := w.p.Send(w.ctx, random10K(900))
	w.NoErr(err)
	w.Equal(n, 900)
	w.True(most.Load() > flightRequest)
	w.True(most.Load() <= int64(len(lines))*flightRequest)
	total := 0
	for _, values := range w.written() {
		total += len(values)
	}
	w.Equal(total, 903)
}

// One connection would carry the first batches of all partitions in one request, then the
// second ones: two carry half as much each time.
func TestSendDividesRequestsThatAreLargeAmongConnections(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.BatchBytes = 500_000 }, kfake.NumBrokers(1))
	largest, requests := w.takesUpTo(1 << 30)
	_, err := w.p.Send(w.ctx, random10K(3))
	w.NoErr(err)
	w.twoLines()
	for range 2 {
		w.p.flights.end(0, 0, true) // the broker is quick
		requests.Store(0)
		n, err := w.p.Send(w.ctx, random10K(270)) // two batches for each of three partitions
		w.NoErr(err)
		w.Equal(n, 270)
		w.Equal(requests.Load(), int64(4))
		w.True(largest.Load() < 1_100_000)
	}
	w.p.flights.end(0, 0, true)
	var first sync.Once
	w.fake.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		first.Do(func() {
			w.until(func() bool { return w.p.flights.known(0).bytes > 1_100_000 }) // both are under way
		})
		return nil, nil, false
	})
	_, err = w.p.Send(w.ctx, random10K(270))
	w.NoErr(err)

	requests.Store(0)
	_, err = w.p.Send(w.ctx, random10K(15))
	w.NoErr(err)
	w.Equal(requests.Load(), int64(1)) // it is small
}

func TestSendAwaitsEachAnswerOfABrokerThatIsSlow(t *testing.T) {
	w := newFlightWorld(t)
	most := w.unanswered(quickAnswer + 10*time.Millisecond)
	_, err := w.p.Send(w.ctx, random10K(3))
	w.NoErr(err)
	n, err := w.p.Send(w.ctx, random10K(300))
	w.NoErr(err)
	w.Equal(n, 300)
	w.True(most.Load() <= flightRequest)
}

// A broker may take no further connection of this client (max.connections.per.ip): the one
// that there is carries everything.
func TestSendGoesOnWithOneConnectionWhereTheBrokerTakesNoSecond(t *testing.T) {
	w := newFlightWorld(t)
	var full atomic.Bool
	client := cluster.New(w.fake.ListenAddrs(), wire.Config{
		ClientID: "test", DialTimeout: 5 * time.Second, RequestTimeout: 5 * time.Second,
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if full.Load() {
				return nil, syscall.ECONNRESET
			}
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
	})
	t.Cleanup(client.Close)
	cfg := w.p.cfg
	cfg.MaxAttempts = 1
	p := New(client, cfg)
	_, err := p.Send(w.ctx, random10K(3))
	w.NoErr(err) // the broker is quick
	full.Store(true)
	n, err := p.Send(w.ctx, random10K(900))
	w.NoErr(err)
	w.Equal(n, 900)
}

// What waits is not sent after an error, which it gets.
func TestSendEndsALeaderWithTheFirstErrorOfARequest(t *testing.T) {
	is := is.New(t)
	queues := make([]*queue, 5)
	for i := range queues {
		queues[i] = &queue{TopicPartition: message.TopicPartition{Topic: "t", Partition: int32(i)}, batches: []*batch{{indexes: []int{i}}}}
	}
	w := &waiting{queues: queues[2:]}
	pl := &plan{until: 5, passed: make([]bool, 5)}
	w.back(pl, queues[:1], context.DeadlineExceeded)
	w.back(pl, queues[1:2], &otherWayError{context.Canceled})
	is.Equal(queues[0].err, context.DeadlineExceeded)
	is.True(queues[1].uncounted)
	is.Equal(w.err, context.DeadlineExceeded)
	is.Equal(len(w.next(t.Context(), nil, 0)), 0)
}
