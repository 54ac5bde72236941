package wire

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/saslauthenticate"
	"github.com/segmentio/kafka-go/protocol/saslhandshake"
	"github.com/segmentio/kafka-go/sasl"

	"github.com/conduitio/conduit-connector-kafka/internal/security/scram"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// authenticates starts a broker that answers SaslAuthenticate with a function.
func authenticates(t *testing.T, answer func(bytes []byte) *saslauthenticate.Response) (addr string) {
	t.Helper()
	return startScripted(t, func(_ net.Conn, _ int32, req protocol.Message) protocol.Message {
		switch r := req.(type) {
		case *saslhandshake.Request:
			return &saslhandshake.Response{Mechanisms: []string{r.Mechanism}}
		case *saslauthenticate.Request:
			return answer(r.AuthBytes)
		}
		return nil
	})
}

func dialWith(addr string, m sasl.Mechanism) error {
	c, err := Dial(context.Background(), addr, Config{SASL: m, DialTimeout: time.Minute, RequestTimeout: time.Minute})
	if err == nil {
		_ = c.Close()
	}
	return err
}

// endless never has enough of an authentication.
type endless struct{}

func (endless) Name() string { return "ENDLESS" }
func (endless) Start(context.Context) (sasl.StateMachine, []byte, error) {
	return endless{}, []byte{1}, nil
}
func (endless) Next(context.Context, []byte) (bool, []byte, error) { return false, []byte{1}, nil }

func TestAnAuthenticationWithoutAnEndIsRefused(t *testing.T) {
	is := is.New(t)
	err := dialWith(authenticates(t, func([]byte) *saslauthenticate.Response { return &saslauthenticate.Response{} }), endless{})
	var refused *AuthError
	is.True(errors.As(err, &refused))
	t.Log(err)
	expect.Error(t, err, "does not come to an end in 10 messages")
}

// The time of a dial counts for what a broker makes the mechanism compute.
func TestABrokerThatAsksForManyIterationsIsRefused(t *testing.T) {
	is := is.New(t)
	addr := authenticates(t, func(bytes []byte) *saslauthenticate.Response {
		_, nonce, _ := strings.Cut(string(bytes), "r=")
		first := "r=" + nonce + "x,s=" + base64.StdEncoding.EncodeToString([]byte("salt")) + ",i=9223372036854775807"
		return &saslauthenticate.Response{AuthBytes: []byte(first)}
	})
	err := dialWith(addr, scram.Mechanism("SCRAM-SHA-512", scram.SHA512, func() (string, string) { return "alice", "secret" }))
	var refused *AuthError
	is.True(errors.As(err, &refused))
	t.Log(err)
	expect.Error(t, err, "4096 to 1000000 are allowed")
}

// stalled computes for as long as it may.
type stalled struct{ endless }

func (stalled) Start(context.Context) (sasl.StateMachine, []byte, error) {
	return stalled{}, []byte{1}, nil
}

func (stalled) Next(ctx context.Context, _ []byte) (bool, []byte, error) {
	<-ctx.Done()
	return false, nil, ctx.Err()
}

func TestAnAuthenticationThatIsLeftIsNotRefused(t *testing.T) {
	is := is.New(t)
	addr := authenticates(t, func([]byte) *saslauthenticate.Response { return &saslauthenticate.Response{} })
	_, err := Dial(context.Background(), addr, Config{SASL: stalled{}, DialTimeout: 100 * time.Millisecond, RequestTimeout: time.Minute})
	is.True(errors.Is(err, context.DeadlineExceeded))
	var refused *AuthError
	is.True(!errors.As(err, &refused))
}

func TestABrokersTextHasNothingThatATerminalObeys(t *testing.T) {
	is := is.New(t)
	addr := authenticates(t, func([]byte) *saslauthenticate.Response {
		return &saslauthenticate.Response{ErrorCode: int16(kafkago.SASLAuthenticationFailed), ErrorMessage: "too many\x1b]0;x\x07\r\nconnects"}
	})
	err := dialWith(addr, endless{})
	is.True(err != nil)
	is.True(!strings.ContainsAny(err.Error(), "\x1b\x07\r\n"))
	expect.Error(t, err, "too many")
}

// renewable authenticates with numbers, of which there are some.
type renewable struct {
	next, left *atomic.Int32
	number     byte
}

func (renewable) Name() string { return "NUMBERS" }
func (r renewable) Start(context.Context) (sasl.StateMachine, []byte, error) {
	r.number = byte(r.next.Load())
	return r, []byte{r.number}, nil
}
func (renewable) Next(context.Context, []byte) (bool, []byte, error) { return true, nil, nil }
func (r renewable) Discard() bool {
	r.next.Add(1)
	return r.left.Add(-1) >= 0
}

func TestRefusedCredentialsAreReplacedOnce(t *testing.T) {
	for name, c := range map[string]struct {
		left, refused, used int32
	}{
		"the second is accepted": {left: 9, refused: 1, used: 2},
		"the second is refused":  {left: 9, refused: 9, used: 2},
		"there is no second":     {left: 0, refused: 9, used: 1},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			var used atomic.Int32
			addr := authenticates(t, func(bytes []byte) *saslauthenticate.Response {
				used.Add(1)
				if int32(bytes[0]) < c.refused {
					return &saslauthenticate.Response{ErrorCode: int16(kafkago.SASLAuthenticationFailed)}
				}
				return &saslauthenticate.Response{}
			})
			m := renewable{next: new(atomic.Int32), left: new(atomic.Int32)}
			m.left.Store(c.left)
			err := dialWith(addr, m)
			is.Equal(used.Load(), c.used)
			var refused *AuthError
			is.Equal(errors.As(err, &refused), c.refused == 9)
			is.Equal(err == nil, c.refused != 9)
		})
	}
}
