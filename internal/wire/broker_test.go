package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
	"github.com/segmentio/kafka-go/protocol/heartbeat"
	"github.com/segmentio/kafka-go/protocol/saslauthenticate"
	"github.com/segmentio/kafka-go/protocol/saslhandshake"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
)

// sessionBroker sees to sessions as Kafka does: see processCompletedReceives of its
// SocketServer, maybeBeginServerReauthentication of its KafkaChannel and its
// SaslServerAuthenticator.
type sessionBroker struct {
	t       *testing.T
	addr    string
	session time.Duration

	// What it does out of the ordinary; set before the first connection.
	refuse atomic.Int32  // the renewals to refuse, counted down
	settle atomic.Bool   // after the next renewal, sessions last as long as the connection
	mute   chan struct{} // closed when it has got a renewal that it will not answer
	slow   time.Duration // how long it takes for a heartbeat of the group "slow"

	accepted, renewals, heartbeats, killed atomic.Int32
	wg                                     sync.WaitGroup
}

func startSessionBroker(t *testing.T, session time.Duration) *sessionBroker {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	is.New(t).NoErr(err)
	b := &sessionBroker{t: t, addr: l.Addr().String(), session: session}
	b.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			b.accepted.Add(1)
			b.wg.Go(func() { b.serve(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); b.wg.Wait() }) // the connections are closed before
	return b
}

// grace is what a busy machine may make a request late by, in these tests.
const grace = 300 * time.Millisecond

// state is what the broker knows of a connection.
type state struct {
	authenticating, authenticated bool
	ends                          time.Time // of the session
	renewed                       time.Time // when the last renewal began
}

func (b *sessionBroker) serve(conn net.Conn) {
	defer conn.Close()
	var s state
	for {
		version, id, _, req, err := protocol.ReadRequest(conn)
		if err != nil {
			return
		}
		res, ok := b.answer(&s, req)
		if !ok {
			b.killed.Add(1)
			return
		}
		if res == nil { // leaves the client waiting
			_, _ = io.Copy(io.Discard, conn)
			return
		}
		if err := protocol.WriteResponse(conn, version, id, res); err != nil {
			return
		}
	}
}

func (b *sessionBroker) answer(s *state, req protocol.Message) (protocol.Message, bool) {
	now := time.Now()
	switch r := req.(type) {
	case *apiversions.Request:
		return &apiversions.Response{ApiKeys: []apiversions.ApiKeyResponse{
			{ApiKey: int16(protocol.Heartbeat), MaxVersion: 0},
			{ApiKey: int16(protocol.SaslHandshake), MaxVersion: 1},
			{ApiKey: int16(protocol.SaslAuthenticate), MaxVersion: 1},
		}}, true
	case *saslhandshake.Request:
		if s.authenticated {
			if b.mute != nil {
				close(b.mute)
				return nil, true
			}
			if now.Sub(s.renewed) < time.Second {
				return &saslhandshake.Response{ErrorCode: int16(kafkago.IllegalSASLState)}, true
			}
			s.renewed = now
		}
		s.authenticating = true
		return &saslhandshake.Response{Mechanisms: []string{"PLAIN"}}, true
	case *saslauthenticate.Request:
		if !s.authenticating {
			return nil, false
		}
		s.authenticating = false
		if s.authenticated {
			b.renewals.Add(1)
			if b.refuse.Add(-1) >= 0 {
				return &saslauthenticate.Response{ErrorCode: int16(kafkago.SASLAuthenticationFailed), ErrorMessage: "another user now"}, true
			}
		}
		s.authenticated, s.ends = true, now.Add(b.session+grace)
		if b.settle.Load() && b.renewals.Load() > 0 {
			s.ends = now.Add(time.Hour)
			return &saslauthenticate.Response{}, true
		}
		return &saslauthenticate.Response{SessionLifetimeMs: b.session.Milliseconds()}, true
	case *heartbeat.Request:
		if !s.authenticated || s.authenticating || now.After(s.ends) {
			b.t.Errorf("a request came %v after the session's end, or during an authentication (%t)", now.Sub(s.ends), s.authenticating)
			return nil, false
		}
		b.heartbeats.Add(1)
		if r.GroupID == "slow" {
			time.Sleep(b.slow)
		}
		return &heartbeat.Response{}, true
	}
	return nil, false
}

// dial connects to the broker.
func (b *sessionBroker) dial(m sasl.Mechanism) (*Conn, error) {
	c, err := Dial(context.Background(), b.addr, Config{SASL: m, DialTimeout: time.Minute, RequestTimeout: time.Minute})
	if err == nil {
		b.t.Cleanup(func() { c.Close() })
	}
	return c, err
}

func (b *sessionBroker) mustDial() *Conn {
	b.t.Helper()
	c, err := b.dial(plain.Mechanism{Username: "u", Password: "p"})
	is.New(b.t).NoErr(err)
	return c
}

// beatUntil sends heartbeats from several goroutines until enough is true.
func beatUntil(c *Conn, enough func() bool) error {
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			for errs[i] == nil && !enough() {
				_, errs[i] = c.RoundTrip(context.Background(), &heartbeat.Request{})
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// until waits for a condition, a minute at the most.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
