package wire

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/protocol/heartbeat"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestABusyConnectionOutlivesItsSessions(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	b := startSessionBroker(t, 1500*time.Millisecond)
	c := b.mustDial()
	is.NoErr(beatUntil(c, func() bool { return b.renewals.Load() >= 3 }))
	is.Equal(b.killed.Load(), int32(0))
	is.Equal(b.accepted.Load(), int32(1)) // all on one connection
}

func TestAnIdleConnectionOutlivesItsSessions(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	b := startSessionBroker(t, 1500*time.Millisecond)
	c := b.mustDial()
	until(t, "two renewals", func() bool { return b.renewals.Load() >= 2 })
	_, err := c.RoundTrip(context.Background(), &heartbeat.Request{})
	is.NoErr(err)
}

// A broker whose connections.max.reauth.ms is taken away while it runs.
func TestASessionMayTurnIntoOneWithoutAnEnd(t *testing.T) {
	is := is.New(t)
	b := startSessionBroker(t, 500*time.Millisecond)
	b.settle.Store(true)
	c := b.mustDial()
	end := time.Now().Add(1500 * time.Millisecond)
	is.NoErr(beatUntil(c, func() bool { return time.Now().After(end) }))
	is.Equal(b.renewals.Load(), int32(1))
}

// Kafka takes no more than one renewal a second. Tokens that are about to end make
// such sessions.
func TestRequestsWaitWhereSessionsAreShorterThanRenewalsMayBe(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	b := startSessionBroker(t, 400*time.Millisecond)
	c := b.mustDial()
	is.NoErr(beatUntil(c, func() bool { return b.renewals.Load() >= 3 }))
	is.Equal(b.accepted.Load(), int32(1))
}

func TestARequestThatOutlastsTheSessionIsAnsweredBeforeTheRenewal(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	b := startSessionBroker(t, time.Second)
	b.slow = 2 * time.Second
	c := b.mustDial()
	slow := make(chan error, 1)
	go func() {
		_, err := c.RoundTrip(context.Background(), &heartbeat.Request{GroupID: "slow"})
		slow <- err
	}()
	until(t, "the slow request", func() bool { return b.heartbeats.Load() == 1 })
	until(t, "a renewal that has the turn", func() bool { return len(c.turn) == 1 })
	is.NoErr(beatUntil(c, func() bool { return b.renewals.Load() >= 1 })) // the first beats wait
	is.NoErr(<-slow)
	is.Equal(b.accepted.Load(), int32(1))
}

func TestARefusedRenewalEndsTheConnectionAndNotTheHope(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	b := startSessionBroker(t, 100*time.Millisecond)
	b.refuse.Store(1)
	c := b.mustDial()
	<-c.Dead()
	_, err := c.RoundTrip(context.Background(), &heartbeat.Request{})
	t.Log(err)
	expect.Error(t, err, "another user now")
	var refused *AuthError
	is.True(!errors.As(err, &refused)) // a new connection is worth a try
	c = b.mustDial()
	_, err = c.RoundTrip(context.Background(), &heartbeat.Request{})
	is.NoErr(err)
}

// moody is PLAIN with a first message that can't be obtained at times.
type moody struct {
	plain.Mechanism
	starts *atomic.Int32
	err    func(start int32) error
}

func (m moody) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	if err := m.err(m.starts.Add(1)); err != nil {
		return nil, nil, err
	}
	return m.Mechanism.Start(ctx)
}

// away is the error of a token endpoint that is down.
type away struct{}

func (away) Error() string   { return "token endpoint is down" }
func (away) Retriable() bool { return true }

func TestCredentialsAreAskedForUntilTheSessionEnds(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	b := startSessionBroker(t, 5*time.Second)
	m := moody{starts: new(atomic.Int32), err: func(start int32) error {
		if start == 2 { // the first renewal
			return away{}
		}
		return nil
	}}
	c, err := b.dial(m)
	is.NoErr(err)
	is.NoErr(beatUntil(c, func() bool { return b.renewals.Load() >= 1 }))
	is.Equal(m.starts.Load(), int32(3))
	is.Equal(b.accepted.Load(), int32(1))
}

func TestAConnectionWithoutNewCredentialsEndsWithItsSession(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	b := startSessionBroker(t, time.Second)
	c, err := b.dial(moody{starts: new(atomic.Int32), err: func(start int32) error {
		if start > 1 {
			return errors.New("no longer welcome")
		}
		return nil
	}})
	is.NoErr(err)
	<-c.Dead()
	_, err = c.RoundTrip(context.Background(), &heartbeat.Request{})
	expect.Error(t, err, "no longer welcome")
	is.Equal(b.renewals.Load(), int32(0))
}

func TestCredentialsThatCanNotBeHadAtTheMomentAreNoRefusal(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	b := startSessionBroker(t, time.Minute)
	var refused *AuthError
	_, err := b.dial(moody{starts: new(atomic.Int32), err: func(int32) error { return away{} }})
	t.Log(err)
	is.True(errors.Is(err, away{}))
	is.True(!errors.As(err, &refused))
	_, err = b.dial(moody{starts: new(atomic.Int32), err: func(int32) error { return errors.New("wrong secret") }})
	t.Log(err)
	is.True(errors.As(err, &refused))
}

func TestCloseEndsARenewal(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	b := startSessionBroker(t, 200*time.Millisecond)
	b.mute = make(chan struct{})
	c := b.mustDial()
	<-b.mute
	is.NoErr(c.Close()) // and not only after RequestTimeout
}

func TestWhoWaitsForARenewalMayGiveUp(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	b := startSessionBroker(t, 200*time.Millisecond)
	b.mute = make(chan struct{})
	c := b.mustDial()
	<-b.mute
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err := c.RoundTrip(ctx, &heartbeat.Request{})
	is.True(errors.Is(err, context.DeadlineExceeded))
	select {
	case <-c.Dead():
		t.Error("the connection died of it")
	default:
	}
}
