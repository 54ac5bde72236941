package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"
	"github.com/segmentio/kafka-go/sasl"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// Config is how to reach and convince a broker.
type Config struct {
	ClientID       string
	Software       Software           // no name: brokers are not told
	TLS            func() *tls.Config // makes the settings of the next connection; nil: plaintext
	SASL           sasl.Mechanism     // nil: no authentication
	DialTimeout    time.Duration      // for TCP, TLS, API versions and SASL together
	RequestTimeout time.Duration      // for each answer afterwards
	Hooks          Hooks
	Principal      string // as Kafka's ACLs name this client, for errors; empty: unknown
	// Dial opens what TLS and Kafka's protocol run on; nil: a TCP connection. It
	// takes the network "tcp" and addr, as net.Dialer.DialContext does.
	Dial Dialer
}

// Dialer opens a connection, as net.Dialer.DialContext does.
type Dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// Dial connects to addr ("host:port") and returns a connection that is ready
// for requests. It takes at most DialTimeout. A refused authentication is an
// *AuthError; where there are other credentials to get, only the second one is.
func Dial(ctx context.Context, addr string, cfg Config) (*Conn, error) {
	limited, cancel := context.WithTimeout(ctx, cfg.DialTimeout)
	defer cancel()
	c, err := connect(limited, addr, cfg)
	var refused *AuthError
	if errors.As(err, &refused) && refused.another {
		c, err = connect(limited, addr, cfg)
	}
	cfg.Hooks.dialled(err)
	return c, err
}

func connect(ctx context.Context, addr string, cfg Config) (*Conn, error) {
	dial := cfg.Dial
	if dial == nil {
		dial = (&net.Dialer{KeepAliveConfig: keepAlive}).DialContext
	}
	nc, err := dial(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, within(err, cfg.DialTimeout))
	}
	cfg.Hooks.reached(Connected)
	secure := security{sasl: cfg.SASL != nil}
	if cfg.TLS != nil {
		settings := cfg.TLS()
		secure.tls, secure.certificate = true, leaf(settings)
		if nc, err = startTLS(ctx, nc, addr, settings); err != nil {
			return nil, fmt.Errorf("start TLS with %s: %w", addr, within(secure.explainTLS(printable.Error(err)), cfg.DialTimeout))
		}
		cfg.Hooks.reached(Secured)
	}
	c := newConn(nc, addr, cfg, secure)
	session, err := c.greet(ctx, cfg)
	if err == nil {
		err = c.introduce(ctx, cfg.Software)
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	c.mu.Lock()
	c.maxFrame = maxFrame
	c.mu.Unlock()
	if session > 0 {
		c.tasks.Go(func() { c.keepAuthenticated(cfg.SASL, session) })
	}
	return c, nil
}

// greet negotiates versions and authenticates. It returns the session lifetime; 0 means
// unlimited.
func (c *Conn) greet(ctx context.Context, cfg Config) (session time.Duration, err error) {
	if err := c.negotiate(ctx); err != nil {
		return 0, fmt.Errorf("ask for API versions: %w", err)
	}
	cfg.Hooks.reached(Greeted)
	if cfg.SASL == nil {
		return 0, nil
	}
	first, err := c.credentials(ctx, cfg.SASL)
	if err != nil {
		return 0, err
	}
	if session, err = c.authenticate(ctx, first); err != nil {
		return 0, err
	}
	cfg.Hooks.reached(Authenticated)
	return session, nil
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

// negotiate asks which versions of each request the broker speaks, and refuses one that
// is too old. Version 0 of ApiVersions is understood by every broker (KIP-511).
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
	return c.refuseOld()
}
