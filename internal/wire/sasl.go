package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/saslauthenticate"
	"github.com/segmentio/kafka-go/protocol/saslhandshake"
	"github.com/segmentio/kafka-go/sasl"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// login is an authentication that is about to begin.
type login struct {
	mechanism string
	session   sasl.StateMachine
	message   []byte // the first one
}

// Discarder is an authentication (a sasl.StateMachine) whose credentials were obtained
// for a while, such as a token.
type Discarder interface {
	// Discard is called when a broker has refused them, so that they are not used
	// again. It reports whether there are others to get, with which a connection is tried
	// once more.
	Discard() bool
}

// credentials asks the mechanism for its first message, for which some need to
// fetch a token. An error that is Retriable becomes a CredentialsError, any other one
// an AuthError.
func (c *Conn) credentials(ctx context.Context, m sasl.Mechanism) (login, error) {
	session, message, err := m.Start(withBroker(ctx, c.addr))
	if err == nil {
		return login{m.Name(), session, message}, nil
	}
	var passing interface{ Retriable() bool }
	if ctx.Err() != nil || errors.As(err, &passing) && passing.Retriable() {
		return login{}, &CredentialsError{Addr: c.addr, Mechanism: m.Name(), Err: err}
	}
	return login{}, &AuthError{Addr: c.addr, Mechanism: m.Name(), Err: err}
}

// maxRounds bounds the messages of one authentication. The mechanisms of Kafka need
// two or three; a broker could otherwise keep it going for ever.
const maxRounds = 10

// authenticate runs SaslHandshake v1 and SaslAuthenticate (KIP-152), and returns
// how long the session lasts; 0: as long as the connection. The caller has the
// turn to write, or is alone.
func (c *Conn) authenticate(ctx context.Context, l login) (session time.Duration, err error) {
	fail := func(code int16, err error) (time.Duration, error) {
		if refused(code) {
			return 0, c.refuse(l, err)
		}
		return 0, fmt.Errorf("authenticate with %s at %s: %w", l.mechanism, c.addr, err)
	}
	res, err := c.exchange(ctx, &saslhandshake.Request{Mechanism: l.mechanism})
	if err != nil {
		return fail(0, err)
	}
	if h := res.(*saslhandshake.Response); h.ErrorCode != 0 {
		return fail(h.ErrorCode, explainHandshake(h))
	}
	message := l.message
	for range maxRounds {
		res, err := c.exchange(ctx, &saslauthenticate.Request{AuthBytes: message})
		if err != nil {
			return fail(0, l.explainHangup(err))
		}
		a := res.(*saslauthenticate.Response)
		if a.ErrorCode != 0 {
			return fail(a.ErrorCode, l.refusal(a))
		}
		var completed bool
		completed, message, err = l.session.Next(withBroker(ctx, c.addr), a.AuthBytes)
		switch {
		case err != nil && ctx.Err() != nil:
			return fail(0, err)
		case err != nil:
			return 0, c.refuse(l, err)
		case completed:
			return time.Duration(a.SessionLifetimeMs) * time.Millisecond, nil
		}
	}
	return 0, c.refuse(l, fmt.Errorf("the broker does not come to an end in %d messages", maxRounds))
}

// refuse is the error of credentials that the broker refused.
func (c *Conn) refuse(l login, err error) error {
	d, ok := l.session.(Discarder)
	return &AuthError{Addr: c.addr, Mechanism: l.mechanism, Err: err, another: ok && d.Discard()}
}

// refused reports whether an answer to SASL is about the credentials or the mechanism,
// as Kafka's Java client has it (AuthenticationException). Others pass.
func refused(code int16) bool {
	switch kafkago.Error(code) {
	case kafkago.UnsupportedSASLMechanism, kafkago.IllegalSASLState, kafkago.SASLAuthenticationFailed:
		return true
	}
	return false
}

// refusal is what a broker says, which may repeat what it was told.
func (l login) refusal(a *saslauthenticate.Response) error {
	if text := a.ErrorMessage; text != "" {
		return fmt.Errorf("%w: %s", kafkago.Error(a.ErrorCode), printable.Text(printable.Without(text, l.secrets()...)))
	}
	return kafkago.Error(a.ErrorCode)
}

// secrets are the parts of the first message that nobody else may read: the password of
// PLAIN (RFC 4616), a token (RFC 7628), or what stands for the secret keys of AWS. The
// messages of SCRAM have none.
func (l login) secrets() []string {
	switch l.mechanism {
	case "PLAIN":
		return []string{string(l.message[bytes.LastIndexByte(l.message, 0)+1:])}
	case "OAUTHBEARER":
		_, rest, _ := strings.Cut(string(l.message), "Bearer ")
		token, _, _ := strings.Cut(rest, "\x01")
		return []string{token}
	case "AWS_MSK_IAM":
		var signed map[string]string
		_ = json.Unmarshal(l.message, &signed)
		return []string{signed["x-amz-security-token"], signed["x-amz-signature"]}
	}
	return nil
}

// explainHandshake says what the codes of SaslHandshake mean. A listener without SASL
// answers ILLEGAL_SASL_STATE and offers nothing.
func explainHandshake(h *saslhandshake.Response) error {
	err := kafkago.Error(h.ErrorCode)
	if err == kafkago.IllegalSASLState && len(h.Mechanisms) == 0 {
		return fmt.Errorf("%w: this listener does not authenticate its clients: connect to one that does (the port in servers), or leave out saslMechanism and its credentials", err)
	}
	return fmt.Errorf("%w; the broker offers %s", err, printable.Text(fmt.Sprint(h.Mechanisms)))
}

// explainHangup says what it may mean: Kafka answers refused credentials since
// KIP-152, and hangs up when it is stopped; others hang up for both.
func (l login) explainHangup(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return fmt.Errorf("%w: authentication failed, or the broker was stopped: it hung up without an answer (check %s)", err, loginSettings(l.mechanism))
	}
	return err
}

// withBroker tells mechanisms which broker it is about.
func withBroker(ctx context.Context, addr string) context.Context {
	host, port := splitAddr(addr)
	return sasl.WithMetadata(ctx, &sasl.Metadata{Host: host, Port: port})
}

func splitAddr(addr string) (string, int) {
	host, service, err := net.SplitHostPort(addr)
	if err != nil {
		return addr, 0
	}
	port, err := net.LookupPort("tcp", service)
	if err != nil {
		return host, 0
	}
	return host, port
}
