package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// counted is a broker that refuses each connection, after a moment.
func counted(t *testing.T) (addr string, dials *atomic.Int32) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	is.New(t).NoErr(err)
	t.Cleanup(func() { l.Close() })
	dials = new(atomic.Int32)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			dials.Add(1)
			time.AfterFunc(300*time.Millisecond, func() { conn.Close() })
		}
	}()
	return l.Addr().String(), dials
}

func TestClientDialsOnceForAllWhoWaitAndTellsAllThatItFailed(t *testing.T) {
	is := is.New(t)
	addr, dials := counted(t)
	c := newClient(t, addr)
	const callers = 50
	errs := make(chan error, callers)
	for range callers {
		go func() {
			_, err := c.connect(context.Background(), addr, Control)
			errs <- err
		}()
	}
	for range callers {
		is.True(<-errs != nil)
	}
	is.True(dials.Load() <= 2) // a caller may have come when the first dial was over
}

func TestClientWaitsForADialNoLongerThanTheCallersContext(t *testing.T) {
	is := is.New(t)
	patient := config
	patient.DialTimeout = time.Hour
	c := New([]string{frozen(t)}, patient)
	t.Cleanup(c.Close)
	ctx, cancel := context.WithCancel(context.Background())
	first := make(chan error, 1)
	go func() {
		_, err := c.connect(context.Background(), c.seeds[0], Control)
		first <- err
	}()
	cancel()
	_, err := c.connect(ctx, c.seeds[0], Control)
	is.True(errors.Is(err, context.Canceled))
	c.Close() // ends the dial
	is.True(errors.Is(<-first, wire.ErrClosed))
}

func TestClientForgetsBrokersThatMetadataNoLongerLists(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	gone := []string{frozen(t), frozen(t), frozen(t)}
	var n atomic.Int32
	embedded.Answer(fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		i := int(n.Add(1)) - 1
		if i >= len(gone) {
			return nil
		}
		b := kmsg.NewMetadataResponseBroker()
		host, port, _ := net.SplitHostPort(gone[i])
		b.NodeID, b.Host = int32(100+i), host
		_, _ = fmt.Sscan(port, &b.Port)
		res := req.ResponseKind().(*kmsg.MetadataResponse)
		res.Brokers = append(res.Brokers, b)
		return res
	})
	c := newClient(t, fake.ListenAddrs()[0])
	for range len(gone) + 1 {
		_, err := c.Refresh(guarded(t), []string{"t"})
		is.NoErr(err)
	}
	is.Equal(c.candidates(), fake.ListenAddrs())
	_, err := c.Broker(guarded(t), 100, Control)
	var unknown *UnknownBrokerError
	is.True(errors.As(err, &unknown))
}

// A broker that is no longer listed may still be answering what it was asked.
func TestClientAwaitsWhatIsInFlightOnAConnectionThatItGivesUp(t *testing.T) {
	is := is.New(t)
	ctx := guarded(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	c := newClient(t, fake.ListenAddrs()...)
	_, err := c.Refresh(ctx, []string{"t"})
	is.NoErr(err)
	conn, err := c.Broker(ctx, 0, Fetch)
	is.NoErr(err)
	arrived, answer := make(chan struct{}), make(chan struct{})
	fake.ControlKey(kmsg.Metadata.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
		close(arrived)
		fake.SleepControl(func() { <-answer })
		return nil, nil, false
	})
	asked := make(chan error, 1)
	go func() {
		_, err := askMetadata(ctx, conn, []string{"t"}, leaveMissing)
		asked <- err
	}()
	<-arrived
	c.mu.Lock()
	c.seeds = nil
	c.listedLocked([]Endpoint{{Node: 7, Host: "elsewhere", Port: 1}})
	c.mu.Unlock()
	is.True(alive(conn))
	close(answer)
	is.NoErr(<-asked)
	<-conn.Dead()
}

// A broker that is silent costs one look-up a second, not one of each few.
func TestClientDoubtsABrokerThatItAskedAround(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	c := newClient(t, fake.ListenAddrs()...)
	silent := frozen(t)
	_, err := c.refresh(guarded(t), []string{silent, fake.ListenAddrs()[0]}, []string{"t"}, leaveMissing)
	is.NoErr(err)
	c.mu.Lock()
	defer c.mu.Unlock()
	is.True(c.inDoubtLocked(silent))
	is.True(!c.inDoubtLocked(fake.ListenAddrs()[0]))
}
