package produce

import (
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// during has brokers answer requests of some kinds for a while as refuse says, or not at
// all if that returns nil.
func (w *world) during(d time.Duration, refuse func(kmsg.Request) kmsg.Response, kinds ...kmsg.Key) {
	until := time.Now().Add(d)
	for _, kind := range kinds {
		w.fake.ControlKey(int16(kind), func(req kmsg.Request) (kmsg.Response, error, bool) {
			w.fake.KeepControl()
			if time.Now().After(until) {
				return nil, nil, false
			}
			res := refuse(req)
			if res == nil {
				return nil, errors.New("hang up"), true
			}
			return res, nil, true
		})
	}
}

func refusals(code *kerr.Error) func(kmsg.Request) kmsg.Response {
	return func(req kmsg.Request) kmsg.Response {
		if r, ok := req.(*kmsg.CreateTopicsRequest); ok {
			return refuseTopics(r, code)
		}
		return embedded.Refusal(req, code.Code)
	}
}

// Each lasts for longer than deliveryTimeout, during which no broker could write.
func TestSendOutlastsAnOutage(t *testing.T) {
	hangUp := func(kmsg.Request) kmsg.Response { return nil }
	for name, test := range map[string]struct {
		refuse func(kmsg.Request) kmsg.Response
		kinds  []kmsg.Key
	}{
		"of all brokers":        {hangUp, []kmsg.Key{kmsg.Metadata, kmsg.Produce, kmsg.InitProducerID}},
		"of leaders":            {hangUp, []kmsg.Key{kmsg.Produce}},
		"of elections":          {refusals(kerr.NotLeaderForPartition), []kmsg.Key{kmsg.Produce}},
		"of replicas":           {refusals(kerr.NotEnoughReplicas), []kmsg.Key{kmsg.Produce}},
		"of replicas that lag":  {refusals(kerr.RequestTimedOut), []kmsg.Key{kmsg.Produce}},
		"of metadata":           {hangUp, []kmsg.Key{kmsg.Metadata}},
		"of topics":             {refusals(kerr.LeaderNotAvailable), []kmsg.Key{kmsg.Metadata}},
		"of the controller":     {refusals(kerr.NotController), []kmsg.Key{kmsg.CreateTopics}},
		"of a quota for topics": {refusals(kerr.ThrottlingQuotaExceeded), []kmsg.Key{kmsg.CreateTopics}},
		"of a producer ID":      {refusals(kerr.CoordinatorLoadInProgress), []kmsg.Key{kmsg.InitProducerID}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, granted := range []bool{true, false} {
				w := newWorld(t, func(c *Config) {
					c.DeliveryTimeout = 700 * time.Millisecond
					c.NewTopics = NewTopics{Create: true, Partitions: 1}
					if granted {
						c.OutageTimeout = time.Minute
					}
				})
				w.during(2*time.Second, test.refuse, test.kinds...)
				n, err := w.p.Send(w.ctx, append(spread(3), toFresh()...))
				if granted {
					w.NoErr(err)
					w.Equal(n, 4)
				} else {
					w.True(n < 4)
					w.True(strings.Contains(err.Error(), "write within deliveryTimeout (700ms; raise it"))
				}
			}
		})
	}
}

// Nor does a quota use it up, where it asks for longer than either time in sum.
func TestSendOutlastsQuotas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) {
		c.DeliveryTimeout, c.OutageTimeout, c.BatchBytes = 400*time.Millisecond, 2*time.Second, 70
	}, kfake.NumBrokers(1))
	w.fake.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		res := embedded.Refusal(req, 0).(*kmsg.ProduceResponse)
		res.ThrottleMillis = 600
		return res, nil, true
	})
	n, err := w.p.Send(w.ctx, spread(18)) // six requests
	w.NoErr(err)
	w.Equal(n, 18)
}

func TestSendEndsAfterAnOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.DeliveryTimeout, c.OutageTimeout = 300*time.Millisecond, 700*time.Millisecond })
	_, err := w.p.Send(w.ctx, spread(3))
	w.NoErr(err)
	w.during(time.Hour, refusals(kerr.NotLeaderForPartition), kmsg.Produce)
	n, err := w.p.Send(w.ctx, spread(6)[3:])
	w.Equal(n, 0)
	w.True(errors.Is(err, kafkago.NotLeaderForPartition))
	w.True(strings.Contains(err.Error(), "write within outageTimeout (700ms; raise it to outlast longer outages) and deliveryTimeout (300ms)"))
}

// Brokers that answer are no outage.
func TestSendGivesBrokersThatAnswerTheDeliveryTimeout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.DeliveryTimeout, c.OutageTimeout = 500*time.Millisecond, time.Hour })
	w.during(time.Hour, refusals(kerr.NetworkException), kmsg.Produce)
	n, err := w.p.Send(w.ctx, spread(3))
	w.Equal(n, 0)
	w.True(errors.Is(err, kafkago.NetworkException))
	w.True(strings.Contains(err.Error(), "write within deliveryTimeout (500ms; raise it"))
}

// freezer has connections to a cluster go silent, as when a firewall forgets them.
type freezer struct {
	mu    sync.Mutex
	conns []*frozenConn
}

func (f *freezer) option() kfake.Opt {
	return kfake.ListenFn(func(network, address string) (net.Listener, error) {
		l, err := net.Listen(network, address)
		return frozenListener{l, f}, err
	})
}

// freeze silences all connections that there are.
func (f *freezer) freeze() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.conns {
		c.freeze.Do(func() { close(c.frozen) })
	}
}

type frozenListener struct {
	net.Listener
	f *freezer
}

func (l frozenListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &frozenConn{Conn: conn, frozen: make(chan struct{}), closed: make(chan struct{})}
	l.f.mu.Lock()
	defer l.f.mu.Unlock()
	l.f.conns = append(l.f.conns, c)
	return c, nil
}

// frozenConn is a broker's end of a connection.
type frozenConn struct {
	net.Conn
	freeze, close  sync.Once
	frozen, closed chan struct{}
}

func (c *frozenConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	select {
	case <-c.frozen:
		<-c.closed
		return 0, net.ErrClosed
	default:
		return n, err
	}
}

func (c *frozenConn) Close() error {
	c.close.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// The settings are the defaults, apart from outageTimeout, of which little is needed.
func TestSendOutlastsConnectionsThatWereForgotten(t *testing.T) {
	for name, acks := range map[string]Acks{"acks all": AcksAll, "acks one": AcksOne} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var f freezer
			w := newWorld(t, func(c *Config) {
				c.Acks, c.DeliveryTimeout, c.RequestTimeout, c.OutageTimeout = acks, time.Second, 30*time.Second, 25*time.Second
			}, f.option())
			_, err := w.p.Send(w.ctx, spread(3))
			w.NoErr(err)
			f.freeze()
			n, err := w.p.Send(w.ctx, spread(6)[3:])
			w.NoErr(err)
			w.Equal(n, 3)
			f.freeze()
			w.p.sequences.abandon() // a producer ID is asked for first
			n, err = w.p.Send(w.ctx, append(spread(9)[6:], toFresh()...))
			w.Equal(n, 3)
			w.True(strings.Contains(err.Error(), "topicAutoCreate is off"))
			truth := w.written()
			w.Equal(truth, wants(9))
		})
	}
}
