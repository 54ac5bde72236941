package produce

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// A leader that is cut off from the other brokers, and not from the producer, goes on
// telling that it leads. The others are long in electing another; each time one of
// them is asked, not that leader.
func TestSendAsksOthersAboutALeaderThatFails(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxAttempts = 2 })
	old := w.fake.LeaderFor(topic, 0)
	_, err := w.p.Send(w.ctx, []message.Message{to(topic, 0, "before")})
	w.NoErr(err)
	var fromOld, fromOthers atomic.Int64
	w.fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		if w.fake.CurrentNode() != old {
			return nil, nil, false
		}
		return embedded.Refusal(req, kerr.RequestTimedOut.Code), nil, true
	})
	w.fake.ControlKey(int16(kmsg.Metadata), func(kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		if w.fake.CurrentNode() == old {
			fromOld.Add(1)
		} else {
			fromOthers.Add(1)
		}
		return nil, nil, false
	})
	const enough = 25 // questions: one in three would reach the old leader by chance
	for range enough {
		_, err := w.p.Send(w.ctx, []message.Message{to(topic, 0, "after")})
		w.Equal(attemptsIn(err), 2)
	}
	w.Equal(fromOthers.Load(), int64(enough))
	w.Equal(fromOld.Load(), int64(0))
	w.NoErr(w.fake.MoveTopicPartition(topic, 0, (old+1)%3))
	n, err := w.p.Send(w.ctx, []message.Message{to(topic, 0, "after")})
	w.NoErr(err)
	w.Equal(n, 1)
}

// breakable keeps the connections that brokers accept, to end them.
type breakable struct {
	mu    sync.Mutex
	conns []net.Conn
}

func (b *breakable) option() kfake.Opt {
	return kfake.ListenFn(func(network, address string) (net.Listener, error) {
		l, err := net.Listen(network, address)
		return breakableListener{l, b}, err
	})
}

func (b *breakable) hangUp() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.conns {
		_ = c.Close()
	}
	b.conns = nil
}

type breakableListener struct {
	net.Listener
	b *breakable
}

func (l breakableListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.b.mu.Lock()
		l.b.conns = append(l.b.conns, c)
		l.b.mu.Unlock()
	}
	return c, err
}

// With acks none a broker that does not lead says so by hanging up. What was written
// meanwhile is lost, and nothing after the producer has noticed.
func TestSendWithoutAcksAsksWhoLeadsOnceABrokerHangsUp(t *testing.T) {
	t.Parallel()
	var network breakable
	w := newWorld(t, func(c *Config) { c.Acks = AcksNone }, network.option())
	arrived := w.count(kmsg.Produce)
	send := func(value string) {
		n, err := w.p.Send(w.ctx, []message.Message{to(topic, 0, value)})
		w.NoErr(err)
		w.Equal(n, 1)
	}
	send("before")
	w.until(func() bool { return len(w.written()[0]) == 1 }) // nothing says when it is
	old := w.fake.LeaderFor(topic, 0)
	w.NoErr(w.fake.MoveTopicPartition(topic, 0, (old+1)%3))
	send("lost")
	w.until(func() bool { return arrived.Load() == 2 })
	conn := w.p.posted.conns[old].conn
	network.hangUp()
	<-conn.Dead()
	for range 10 {
		send("after")
	}
	w.until(func() bool { return len(w.written()[0]) == 11 })
	w.Equal(w.written()[0][:2], []string{"before", "after"})
}

// In the middle of a Send too: no connection is opened again without asking who leads.
func TestSendWithoutAcksAsksWhoLeadsInTheMiddle(t *testing.T) {
	var network breakable
	var w *world
	var once sync.Once
	w = newWorld(t, func(c *Config) {
		c.Acks, c.BatchBytes, c.MaxAttempts = AcksNone, 80, 1
		c.Hooks.Written = func(int, int) {
			once.Do(func() {
				old := w.fake.LeaderFor(topic, 0)
				w.NoErr(w.fake.MoveTopicPartition(topic, 0, (old+1)%3))
				network.hangUp()
				<-w.p.posted.conns[old].conn.Dead()
			})
		}
	}, network.option())
	messages := spread(60)
	for i := range messages {
		messages[i].Partition = 0
	}
	n, err := w.p.Send(w.ctx, messages)
	w.NoErr(err)
	w.Equal(n, len(messages))
	w.until(func() bool { values := w.written()[0]; return len(values) > 0 && values[len(values)-1] == "59" })
	w.True(len(w.written()[0]) > len(messages)/2) // all but the first batch or two
}

// until waits for a condition.
func (w *world) until(met func() bool) {
	w.t.Helper()
	for !met() {
		w.NoErr(w.ctx.Err())
		time.Sleep(time.Millisecond)
	}
}
