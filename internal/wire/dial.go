package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
	"github.com/segmentio/kafka-go/protocol/saslauthenticate"
	"github.com/segmentio/kafka-go/protocol/saslhandshake"
	"github.com/segmentio/kafka-go/sasl"
)

// Config is how to reach and convince a broker.
type Config struct {
	ClientID       string
	TLS            func() *tls.Config // makes the settings of the next connection; nil: plaintext
	SASL           sasl.Mechanism     // nil: no authentication
	DialTimeout    time.Duration      // for TCP, TLS, API versions and SASL together
	RequestTimeout time.Duration      // for each answer afterwards
	Hooks          Hooks
}

// Dial connects to addr ("host:port") and returns a connection that is ready
// for requests. It takes at most DialTimeout. A refused authentication is an
// *AuthError.
func Dial(ctx context.Context, addr string, cfg Config) (*Conn, error) {
	c, err := connect(ctx, addr, cfg)
	cfg.Hooks.dialled(err)
	return c, err
}

func connect(ctx context.Context, addr string, cfg Config) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, cfg.DialTimeout)
	defer cancel()

	nc, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, within(err, cfg.DialTimeout))
	}
	cfg.Hooks.reached(Connected)
	secure := security{sasl: cfg.SASL != nil}
	if cfg.TLS != nil {
		settings := cfg.TLS()
		secure.tls, secure.certificate = true, leaf(settings)
		if nc, err = startTLS(ctx, nc, addr, settings); err != nil {
			return nil, fmt.Errorf("start TLS with %s: %w", addr, within(secure.explainTLS(err), cfg.DialTimeout))
		}
		cfg.Hooks.reached(Secured)
	}
	c := newConn(nc, addr, cfg, secure)
	if err := c.greet(ctx, cfg); err != nil {
		_ = c.Close()
		return nil, err
	}
	c.mu.Lock()
	c.maxFrame = maxFrame
	c.mu.Unlock()
	return c, nil
}

func (c *Conn) greet(ctx context.Context, cfg Config) error {
	if err := c.negotiate(ctx); err != nil {
		return fmt.Errorf("ask for API versions: %w", err)
	}
	cfg.Hooks.reached(Greeted)
	if cfg.SASL == nil {
		return nil
	}
	if err := c.authenticate(ctx, cfg.SASL); err != nil {
		return err
	}
	cfg.Hooks.reached(Authenticated)
	return nil
}

func startTLS(ctx context.Context, nc net.Conn, addr string, cfg *tls.Config) (net.Conn, error) {
	if cfg.ServerName == "" {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			_ = nc.Close()
			return nil, err
		}
		cfg = cfg.Clone()
		cfg.ServerName = host
	}
	tc := tls.Client(nc, cfg)
	if err := tc.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, err
	}
	return tc, nil
}

// leaf is the client certificate, nil if there is none.
func leaf(cfg *tls.Config) *x509.Certificate {
	if len(cfg.Certificates) == 0 {
		return nil
	}
	return cfg.Certificates[0].Leaf
}

// negotiate asks which versions of each request the broker speaks. Version 0 of
// ApiVersions is understood by every broker (KIP-511).
func (c *Conn) negotiate(ctx context.Context) error {
	res, err := c.RoundTrip(ctx, new(apiversions.Request))
	if err != nil {
		return err
	}
	r := res.(*apiversions.Response)
	if r.ErrorCode != 0 {
		return fmt.Errorf("%s answers: %w", c.addr, kafkago.Error(r.ErrorCode))
	}
	offered := make(map[protocol.ApiKey]versions, len(r.ApiKeys))
	for _, k := range r.ApiKeys {
		offered[protocol.ApiKey(k.ApiKey)] = versions{k.MinVersion, k.MaxVersion}
	}
	c.offered = offered
	return nil
}

// authenticate runs SaslHandshake v1 and SaslAuthenticate (KIP-152).
func (c *Conn) authenticate(ctx context.Context, mechanism sasl.Mechanism) error {
	fail := func(err error) error {
		return &AuthError{Addr: c.addr, Mechanism: mechanism.Name(), Err: err}
	}
	passing := func(err error) error {
		return fmt.Errorf("authenticate with %s at %s: %w", mechanism.Name(), c.addr, err)
	}
	res, err := c.RoundTrip(ctx, &saslhandshake.Request{Mechanism: mechanism.Name()})
	if err != nil {
		return passing(err)
	}
	if h := res.(*saslhandshake.Response); h.ErrorCode != 0 {
		err := fmt.Errorf("%w; the broker offers %v", kafkago.Error(h.ErrorCode), h.Mechanisms)
		if !refused(h.ErrorCode) {
			return passing(err)
		}
		return fail(err)
	}

	host, port := splitAddr(c.addr)
	ctx = sasl.WithMetadata(ctx, &sasl.Metadata{Host: host, Port: port})
	session, token, err := mechanism.Start(ctx)
	if err != nil {
		return fail(err)
	}
	for completed := false; !completed; {
		res, err := c.RoundTrip(ctx, &saslauthenticate.Request{AuthBytes: token})
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			// Kafka answers refused credentials since KIP-152, and hangs up when it
			// is stopped; others hang up for both.
			return passing(fmt.Errorf("%w: authentication failed, or the broker was stopped: it hung up without an answer (check saslMechanism, saslUsername and saslPassword)", err))
		case err != nil:
			return passing(err)
		}
		a := res.(*saslauthenticate.Response)
		if a.ErrorCode != 0 {
			var err error = kafkago.Error(a.ErrorCode)
			if a.ErrorMessage != "" {
				err = fmt.Errorf("%w: %s", err, a.ErrorMessage)
			}
			if !refused(a.ErrorCode) {
				return passing(err)
			}
			return fail(err)
		}
		if completed, token, err = session.Next(ctx, a.AuthBytes); err != nil {
			return fail(err)
		}
	}
	return nil
}

// refused tells whether an answer to SASL is about the credentials or the mechanism,
// as Kafka's Java client has it (AuthenticationException). Others pass.
func refused(code int16) bool {
	switch kafkago.Error(code) {
	case kafkago.UnsupportedSASLMechanism, kafkago.IllegalSASLState, kafkago.SASLAuthenticationFailed:
		return true
	}
	return false
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
