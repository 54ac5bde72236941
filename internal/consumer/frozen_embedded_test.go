package consumer

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// forever is longer than any test lasts.
const forever = 10 * time.Minute

// dialer connects, but to one broker that is frozen: it accepts, and answers nothing.
type dialer struct {
	frozen string // host:port
	dials  atomic.Int64
}

func (d *dialer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if addr != d.frozen {
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	d.dials.Add(1)
	ours, theirs := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, theirs) }()
	return ours, nil
}

// half is a cluster in which a broker is frozen that leads every second partition, and
// does not coordinate the group.
func half(t *testing.T, parts int32) (*world, *dialer) {
	w := newWorld(t, kfake.NumBrokers(2), kfake.SeedTopics(parts, "many"))
	bad := 1 - w.fake.CoordinatorFor("g")
	for i := range parts {
		w.NoErr(w.fake.MoveTopicPartition("many", i, (bad+i)%2))
	}
	return w, &dialer{frozen: w.fake.ListenAddrs()[bad]}
}

// openMany reads topic many; no timeout ends a wait for the frozen broker.
func (w *world) openMany(d *dialer, change func(*Config)) *Consumer {
	cfg := w.config(func(c *Config) {
		c.Group.Topics, c.Group.MetadataInterval = []string{"many"}, time.Hour
		if change != nil {
			change(c)
		}
	})
	return Open(cluster.New(w.fake.ListenAddrs(), wire.Config{Dial: d.dial, DialTimeout: forever, RequestTimeout: forever}), cfg)
}

func (w *world) produceMany(parts int32) {
	w.t.Helper()
	for i := range parts {
		w.NoErr(w.truth.Produce(w.ctx, &kgo.Record{Topic: "many", Partition: i, Value: fmt.Append(nil, i)}))
	}
}

// Each leader gets one request, and nobody waits for the frozen one's answer.
func TestConsumerStartsAtLeadersThatAnswerBesideOneThatDoesNot(t *testing.T) {
	t.Parallel()
	for _, latest := range []bool{false, true} {
		t.Run(fmt.Sprint("latest ", latest), func(t *testing.T) {
			const parts = 20
			w, d := half(t, parts)
			asked := embedded.Count(w.fake, int16(kmsg.ListOffsets))
			if !latest {
				w.produceMany(parts)
			}
			c := w.openMany(d, func(c *Config) { c.FromBeginning = !latest })
			for c.fetcher.Len() < parts/2 && w.ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
			w.Equal(asked.Load(), int64(1)) // the frozen one has not even greeted
			if latest {
				w.produceMany(parts)
			}
			for _, n := range w.next(c, parts/2) {
				w.Equal(n%2, 1)
			}
			w.True(d.dials.Load() > 0)
			w.NoErr(c.Close(w.ctx)) // which waits for nobody either
		})
	}
}

// Partitions whose leader refuses are asked about again, though others are still waited
// for.
func TestConsumerTriesAgainBesideALeaderThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	const parts = 4
	w, d := half(t, parts)
	w.produceMany(parts)
	refuse := embedded.Refuse(w.fake, kmsg.ListOffsets, func(kmsg.Request) string { return "" })
	refuse.Next("", kerr.NotLeaderForPartition.Code, 3)
	var said warnings
	c := w.openMany(d, func(c *Config) { c.Group.Warn = said.warn })
	w.Equal(len(w.next(c, parts/2)), parts/2)
	w.Equal(refuse.Left(""), 0)
	w.Equal(said.about("find where to start"), 1) // and not at each attempt
	w.NoErr(c.Close(w.ctx))
}

func TestConsumerStartsManyPartitionsWithOneRequestALeader(t *testing.T) {
	const parts = 300
	offsets := map[int32]int64{}
	for i := range int32(parts) {
		offsets[i] = int64(i % 2)
	}
	for name, test := range map[string]struct {
		change   func(*Config)
		requests int64
	}{
		"earliest":                 {func(*Config) {}, 3},
		"latest":                   {func(c *Config) { c.FromBeginning = false }, 3},
		"a time, and the end":      {func(c *Config) { c.FromBeginning, c.StartAt.Time = false, time.Now() }, 6},
		"offsets within both ends": {func(c *Config) { c.StartAt.Offsets = map[string]map[int32]int64{"many": offsets} }, 6},
		"offsets out of the log": {func(c *Config) {
			c.StartAt.Offsets, c.Reset = map[string]map[int32]int64{"many": {0: 7, 1: 7, 2: 7}}, ResetLatest
		}, 12},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, kfake.SeedTopics(parts, "many"))
			for i := range int32(parts) {
				w.NoErr(w.fake.MoveTopicPartition("many", i, i%3))
			}
			asked := embedded.Count(w.fake, int16(kmsg.ListOffsets))
			metadata := embedded.Count(w.fake, int16(kmsg.Metadata))
			c := w.openMany(&dialer{}, test.change)
			for c.fetcher.Len() < parts && w.ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
			w.Equal(asked.Load(), test.requests)
			w.True(metadata.Load() < 20)
			w.NoErr(c.Close(w.ctx))
		})
	}
}

// Committed offsets are checked with the frozen leader, and others are asked for where
// to start: neither holds up the end, nor the heartbeats.
func TestConsumerClosesWhileLeadersDoNotAnswer(t *testing.T) {
	const parts = 6
	w, d := half(t, parts)
	w.produceMany(parts)
	c := w.openMany(&dialer{}, nil)
	for n := 0; n < parts; {
		batches, err := c.Next(w.ctx, parts)
		w.NoErr(err)
		for _, b := range batches {
			for _, r := range b.Records {
				c.Ack(recordOf(b, r.Offset))
				n++
			}
		}
	}
	w.NoErr(c.Close(w.ctx))

	beats := embedded.Count(w.fake, int16(kmsg.Heartbeat))
	left := embedded.Count(w.fake, int16(kmsg.LeaveGroup))
	var said warnings
	c = w.openMany(d, func(c *Config) {
		c.Group.Topics, c.Group.SessionTimeout, c.Group.Warn = []string{"many", topic}, time.Second, said.warn
	})
	for (d.dials.Load() == 0 || beats.Load() < 10) && w.ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	w.NoErr(c.Close(w.ctx))
	w.Equal(left.Load(), int64(1))
	w.Equal(said.about("membership"), 0)
}
