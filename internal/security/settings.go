// Package security has the settings of TLS, SASL and the schema registry, and makes of
// them what secures the connections to brokers and to the registry.
//
// What may be given in a file is read again for each connection (reload), so that
// certificates, passwords and tokens can be renewed without a restart.
package security

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"time"

	"github.com/segmentio/kafka-go/sasl"
)

// Settings are all that say how connections are secured.
type Settings struct {
	Protocol string // securityProtocol; empty: what TLS and SASL say
	TLS      TLSConfig
	SASL     SASLConfig
	Registry RegistryConfig
}

// Env is what securing connections needs besides settings.
type Env struct {
	Timeout time.Duration       // of a request for a token
	Warn    func(string, error) // called where a file became unreadable and what was read before is used

	roots func() *x509.CertPool // for token endpoints; nil: the system's
}

// Connections is how to secure connections.
type Connections struct {
	TLS  func() *tls.Config // called for each connection; nil: plaintext
	SASL sasl.Mechanism     // nil: no authentication
}

// Validate reports everything that is wrong at once. It reads the files that are named,
// and connects to nothing.
func (s Settings) Validate() error {
	t, a, errs := s.resolve()
	_, err := t.build(func(string, error) {})
	return errors.Join(append(errs, err, a.validate())...)
}

// Connections makes of valid settings what secures connections.
func (s Settings) Connections(ctx context.Context, e Env) (Connections, error) {
	t, a, errs := s.resolve()
	if err := errors.Join(errs...); err != nil {
		return Connections{}, err
	}
	startTLS, err := t.build(e.Warn)
	if err != nil {
		return Connections{}, err
	}
	if startTLS != nil { // token endpoints are checked against the brokers' authorities
		e.roots = func() *x509.CertPool { return startTLS().RootCAs }
	}
	mechanism, err := a.build(ctx, e)
	return Connections{startTLS, mechanism}, err
}

// User returns who authenticates with a password; empty if nobody does, or if the file
// with the name can't be read.
func (s Settings) User() string {
	l, err := s.SASL.login()
	if err != nil {
		return ""
	}
	return l.user
}
