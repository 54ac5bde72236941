package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// security is what a connection was made with, to explain what goes wrong.
type security struct {
	tls, sasl   bool
	certificate *x509.Certificate // of the client; nil if it has none
}

// explain adds the setting that is probably wrong to the error of a connection
// that ended early. Brokers hang up on what they don't understand.
func (c *Conn) explain(err error) error {
	c.mu.Lock()
	answers := c.answers
	c.mu.Unlock()
	var alert *net.OpError
	switch {
	case errors.As(err, &alert) && alert.Op == "remote error":
		return c.secure.explainTLS(err)
	case !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET):
		return err
	case answers == 0 && !c.secure.tls:
		return fmt.Errorf("%w: the broker hangs up on the first request; if it expects TLS, set tls.enabled", err)
	case answers == 0:
		return fmt.Errorf("%w: the broker hangs up on the first request; %s", err, c.secure.checkCertificate())
	case answers == 1 && !c.secure.sasl:
		return fmt.Errorf("%w: the broker hangs up on the first request after the greeting; if it expects authentication, set saslMechanism, saslUsername and saslPassword", err)
	}
	return err
}

// alertProtocolVersion is the text of alert 70 (RFC 8446, section 6), whose type
// crypto/tls keeps to itself.
const alertProtocolVersion = "tls: protocol version not supported"

// explainTLS adds the setting that a handshake probably failed for.
func (s security) explainTLS(err error) error {
	var (
		alert     *net.OpError
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
		host      x509.HostnameError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &authority):
		return fmt.Errorf("%w%s", err, untrusted(authority.Cert))
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Errorf("%w: the broker's certificate must be renewed, or the clock of this machine is wrong", err)
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return fmt.Errorf("%w: the broker's certificate is not one for servers: it must be issued again with the extended key usage serverAuth", err)
	case WithoutSAN(err):
		return fmt.Errorf("%w: the broker's certificate has a common name and no subject alternative name (SAN), which is what names are looked for in: it must be issued again with a SAN, no other tls.serverName helps", err)
	case errors.As(err, &host):
		return fmt.Errorf("%w: name the brokers in servers as their certificates do, or set tls.serverName", err)
	case errors.As(err, &alert) && alert.Err.Error() == alertProtocolVersion:
		return fmt.Errorf("%w: the broker does not speak a version of TLS that tls.minVersion allows", err)
	case errors.As(err, &alert) && alert.Op == "remote error":
		return fmt.Errorf("%w: the broker refuses the connection; %s", err, s.checkCertificate())
	case errors.As(err, &record), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		return fmt.Errorf("%w: the broker does not answer with TLS; is this its TLS listener?", err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w: nothing answers with TLS; is this the broker's TLS listener?", err)
	}
	return err
}

// untrusted says whose certificate it takes to trust a broker's.
func untrusted(cert *x509.Certificate) string {
	if cert == nil {
		return ": set caCert (or caCertFile) to the certificate of that authority"
	}
	const enough = 200
	issuer := cert.Issuer.String()
	if len(issuer) > enough {
		issuer = issuer[:enough]
	}
	if issuer == cert.Subject.String() {
		return fmt.Sprintf(", %q: set caCert (or caCertFile) to its certificate", issuer)
	}
	return fmt.Sprintf(", %q: set caCert (or caCertFile) to the certificate of that authority; if only one above it is known, the broker has to present the certificates in between", issuer)
}

// WithoutSAN reports whether a broker was not trusted because its certificate has no
// subject alternative name at all, as keytool makes them unless told otherwise.
func WithoutSAN(err error) bool {
	var host x509.HostnameError
	if !errors.As(err, &host) || host.Certificate == nil {
		return false
	}
	c := host.Certificate
	return len(c.DNSNames)+len(c.IPAddresses)+len(c.EmailAddresses)+len(c.URIs) == 0
}

// checkCertificate says what may be wrong with the client certificate.
func (s security) checkCertificate() string {
	const settings = "clientCert and clientKey (or clientCertFile and clientKeyFile)"
	switch now := time.Now(); {
	case s.certificate == nil:
		return "if it expects a client certificate, set " + settings
	case now.After(s.certificate.NotAfter):
		return fmt.Sprintf("the client certificate ended on %s: renew %s", s.certificate.NotAfter.Format(time.RFC3339), settings)
	case now.Before(s.certificate.NotBefore):
		return fmt.Sprintf("the client certificate begins only on %s: check %s", s.certificate.NotBefore.Format(time.RFC3339), settings)
	}
	return "check that it trusts the authority of the client certificate in " + settings
}

// notKafka explains an impossible frame size by what usually sends it.
func notKafka(head [4]byte, size, limit int) error {
	const tlsAlert = 0x15
	switch {
	case head[0] == tlsAlert && head[1] == 3:
		return &ProtocolError{"the broker answers with TLS: set tls.enabled (or point servers at its plaintext listener)"}
	case string(head[:]) == "HTTP":
		return &ProtocolError{"the server answers with HTTP, not with Kafka's protocol: check the port in servers"}
	default:
		return fmt.Errorf("answer of %d bytes is outside [4, %d]: this is not a Kafka broker, or the stream is broken", size, limit)
	}
}

// within says how long was waited where an error only says that it was too long.
func within(err error, d time.Duration) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("no answer within %s: %w", d, err)
	}
	return err
}
