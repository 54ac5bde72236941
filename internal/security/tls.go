package security

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/security/reload"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// TLSConfig is how connections are secured.
type TLSConfig struct {
	// Whether to connect with TLS. Any other TLS setting turns it on as well, and so
	// does a securityProtocol with SSL in its name.
	TLSEnabled bool `json:"tls.enabled"`
	// Client certificate in PEM. Requires its private key.
	ClientCert string `json:"clientCert"`
	// File with the client certificate in PEM, instead of clientCert. It is read again
	// for each connection, so that certificates can be renewed without a restart.
	ClientCertFile string `json:"clientCertFile"`
	// Private key of the client certificate in PEM, not encrypted.
	ClientKey string `json:"clientKey"`
	// File with the private key, instead of clientKey. Read again like clientCertFile.
	ClientKeyFile string `json:"clientKeyFile"`
	// Certificates of the authorities that sign the brokers' certificates, in PEM.
	// They are trusted in addition to those of the system.
	CACert string `json:"caCert"`
	// File with the authorities' certificates, instead of caCert. Read again like
	// clientCertFile.
	CACertFile string `json:"caCertFile"`
	// Whether to accept any certificate that a broker presents. For tests only.
	InsecureSkipVerify bool `json:"insecureSkipVerify"`
	// Host name that the brokers' certificates must be valid for. Defaults to the host
	// of the connection.
	ServerName string `json:"tls.serverName"`
	// Whether the brokers' certificates must be valid for the host of the connection,
	// or for tls.serverName. If false, any certificate that a trusted authority has
	// signed is accepted, as with an empty ssl.endpoint.identification.algorithm in
	// Kafka's Java client.
	VerifyHostname *bool `json:"tls.verifyHostname" default:"true"`
	// Lowest TLS version to accept: 1.2 or 1.3. Defaults to 1.2.
	MinVersion string `json:"tls.minVersion"`
}

// String keeps the key out of logs.
func (c TLSConfig) String() string {
	return fmt.Sprintf("{tls.enabled:%t clientCert:%s clientCertFile:%s clientKey:%s clientKeyFile:%s caCert:%s caCertFile:%s"+
		" insecureSkipVerify:%t tls.serverName:%q tls.verifyHostname:%t tls.minVersion:%q}",
		c.enabled(), redacted(c.ClientCert), redacted(c.ClientCertFile), redacted(c.ClientKey), redacted(c.ClientKeyFile),
		redacted(c.CACert), redacted(c.CACertFile), c.InsecureSkipVerify, c.ServerName, c.verifyHostname(), c.MinVersion)
}

// GoString keeps the key out of %#v.
func (c TLSConfig) GoString() string { return "kafka.TLSConfig" + c.String() }

// given lists the settings that are set, each of which turns TLS on.
func (c TLSConfig) given() []string {
	return givenSettings(
		option{"tls.enabled", c.TLSEnabled},
		option{"clientCert", c.ClientCert != ""},
		option{"clientCertFile", c.ClientCertFile != ""},
		option{"clientKey", c.ClientKey != ""},
		option{"clientKeyFile", c.ClientKeyFile != ""},
		option{"caCert", c.CACert != ""},
		option{"caCertFile", c.CACertFile != ""},
		option{"insecureSkipVerify", c.InsecureSkipVerify},
		option{"tls.serverName", c.ServerName != ""},
		option{"tls.verifyHostname", !c.verifyHostname()},
		option{"tls.minVersion", c.MinVersion != ""},
	)
}

func (c TLSConfig) verifyHostname() bool { return c.VerifyHostname == nil || *c.VerifyHostname }

func (c TLSConfig) enabled() bool { return len(c.given()) > 0 }

// tlsVersions are the values of tls.minVersion.
var tlsVersions = map[string]uint16{"": tls.VersionTLS12, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// build returns a function that makes the settings of one connection, and reads
// the files again for it; nil for plaintext. warn is called with files that became
// unreadable.
func (c TLSConfig) build(warn func(string, error)) (func() *tls.Config, error) {
	if !c.enabled() {
		return nil, nil
	}
	chainOnly := !c.verifyHostname() && !c.InsecureSkipVerify
	base := &tls.Config{ServerName: c.ServerName, InsecureSkipVerify: c.InsecureSkipVerify || chainOnly} //nolint:gosec // the user's decision
	var ok bool
	var errs []error
	if base.MinVersion, ok = tlsVersions[c.MinVersion]; !ok {
		errs = append(errs, setting.Invalid("tls.minVersion", fmt.Sprintf("%q is not allowed: 1.2 or 1.3", c.MinVersion), ""))
	}
	if strings.ContainsAny(c.ServerName, "/: \t") && net.ParseIP(c.ServerName) == nil {
		errs = append(errs, setting.Invalid("tls.serverName", fmt.Sprintf("%q is not the name of a host, without a port", c.ServerName), "broker.example.com"))
	}
	stale := func(err error) { warn("read certificates again; new connections use those read before", err) }
	client, err := c.clientCertificate(stale)
	errs = append(errs, err)
	roots, err := authorities(fileSetting{"caCert", c.CACert, c.CACertFile}, stale)
	errs = append(errs, err)

	return func() *tls.Config {
		next := base.Clone()
		if client != nil {
			next.Certificates = []tls.Certificate{client.Get()}
		}
		if roots != nil {
			next.RootCAs = roots.Get()
		}
		if chainOnly {
			next.VerifyConnection = verifyChain(next.RootCAs)
		}
		return next
	}, errors.Join(errs...)
}

// verifyChain checks who signed a broker's certificate, as crypto/tls does, but not
// whose name is in it.
func verifyChain(roots *x509.CertPool) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		intermediates := x509.NewCertPool()
		for _, c := range s.PeerCertificates[1:] {
			intermediates.AddCert(c)
		}
		if _, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: intermediates}); err != nil {
			return &tls.CertificateVerificationError{UnverifiedCertificates: s.PeerCertificates, Err: err}
		}
		return nil
	}
}

// clientCertificate is what the connector presents to brokers, nil if nothing.
func (c TLSConfig) clientCertificate(stale func(error)) (*reload.Value[tls.Certificate], error) {
	cert := fileSetting{"clientCert", c.ClientCert, c.ClientCertFile}
	key := fileSetting{"clientKey", c.ClientKey, c.ClientKeyFile}
	errs := errors.Join(cert.validate(), key.validate())
	switch {
	case errs != nil:
		return nil, errs
	case !cert.given() && !key.given():
		return nil, nil
	case !key.given():
		return nil, setting.Invalid(key.like(cert), cert.setting()+" is given without its private key", "")
	case !cert.given():
		return nil, setting.Invalid(cert.like(key), key.setting()+" is given without its certificate", "")
	}
	return reload.New(func() (tls.Certificate, error) { return keyPair(cert, key) }, stale)
}
