package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// TLSConfig is how connections are secured.
type TLSConfig struct {
	// Whether to connect with TLS. It is turned on by any of the settings
	// clientCert, clientKey, caCert and insecureSkipVerify as well.
	TLSEnabled bool `json:"tls.enabled"`
	// Client certificate, PEM. Needs clientKey.
	ClientCert string `json:"clientCert"`
	// Private key of the client certificate, PEM. Needs clientCert.
	ClientKey string `json:"clientKey"`
	// Certificates of the authorities that sign the brokers' certificates, PEM,
	// in addition to those of the system.
	CACert string `json:"caCert"`
	// Accept any certificate that a broker presents. For tests only.
	InsecureSkipVerify bool `json:"insecureSkipVerify"`
}

// SASLConfig is how the connector authenticates.
type SASLConfig struct {
	// SASL mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. Defaults to PLAIN
	// when saslUsername is given, otherwise to no authentication.
	Mechanism string `json:"saslMechanism"`
	// Username for SASL. Needs saslPassword.
	Username string `json:"saslUsername"`
	// Password for SASL. Needs saslUsername.
	Password string `json:"saslPassword"`
}

// String keeps the key out of logs.
func (c TLSConfig) String() string {
	return fmt.Sprintf("{tls.enabled:%t clientCert:%s clientKey:%s caCert:%s insecureSkipVerify:%t}",
		c.enabled(), present(c.ClientCert), present(c.ClientKey), present(c.CACert), c.InsecureSkipVerify)
}

// GoString keeps the key out of %#v.
func (c TLSConfig) GoString() string { return "kafka.TLSConfig" + c.String() }

// String keeps the password out of logs.
func (c SASLConfig) String() string {
	return fmt.Sprintf("{saslMechanism:%q saslUsername:%q saslPassword:%s}", c.Mechanism, c.Username, present(c.Password))
}

// GoString keeps the password out of %#v.
func (c SASLConfig) GoString() string { return "kafka.SASLConfig" + c.String() }

func present(secret string) string {
	if secret == "" {
		return "(none)"
	}
	return "(set)"
}

func (c TLSConfig) enabled() bool {
	return c.TLSEnabled || c.ClientCert != "" || c.ClientKey != "" || c.CACert != "" || c.InsecureSkipVerify
}

// build makes the settings of TLS connections, nil for plaintext.
func (c TLSConfig) build() (*tls.Config, error) {
	if !c.enabled() {
		return nil, nil
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: c.InsecureSkipVerify} //nolint:gosec // the user's decision
	var errs []error
	switch {
	case c.ClientCert != "" && c.ClientKey != "":
		cert, err := tls.X509KeyPair([]byte(c.ClientCert), []byte(c.ClientKey))
		if err != nil {
			errs = append(errs, settingError("clientCert, clientKey", fmt.Sprintf("they are not a certificate in PEM with its private key: %v", err), ""))
		}
		out.Certificates = []tls.Certificate{cert}
	case c.ClientCert != "":
		errs = append(errs, settingError("clientKey", "clientCert is given without its private key", ""))
	case c.ClientKey != "":
		errs = append(errs, settingError("clientCert", "clientKey is given without its certificate", ""))
	}
	if c.CACert != "" {
		pool, err := authorities(c.CACert)
		if err != nil {
			errs = append(errs, settingError("caCert", err.Error(), ""))
		}
		out.RootCAs = pool
	}
	return out, errors.Join(errs...)
}

// authorities adds certificates to those of the system.
func authorities(text string) (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	found := 0
	for rest := []byte(text); ; found++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("PEM block %d (%s) is not a certificate: %w", found+1, block.Type, err)
		}
		pool.AddCert(cert)
	}
	if found == 0 {
		return nil, errors.New("it is not in PEM: a text with -----BEGIN CERTIFICATE----- is expected")
	}
	return pool, nil
}

// mechanisms makes each SASL mechanism out of a user and a password.
var mechanisms = map[string]func(user, password string) (sasl.Mechanism, error){
	"PLAIN": func(user, password string) (sasl.Mechanism, error) {
		return plain.Mechanism{Username: user, Password: password}, nil
	},
	"SCRAM-SHA-256": func(user, password string) (sasl.Mechanism, error) {
		return scram.Mechanism(scram.SHA256, user, password)
	},
	"SCRAM-SHA-512": func(user, password string) (sasl.Mechanism, error) {
		return scram.Mechanism(scram.SHA512, user, password)
	},
}

// build makes the mechanism, nil for no authentication.
func (c SASLConfig) build() (sasl.Mechanism, error) {
	name := c.Mechanism
	if name == "" && c.Username == "" && c.Password == "" {
		return nil, nil
	}
	if name == "" {
		name = "PLAIN"
	}
	var errs []error
	create, ok := mechanisms[name]
	if !ok {
		errs = append(errs, settingError("saslMechanism", fmt.Sprintf("%q is unknown: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", name), ""))
	}
	if c.Username == "" {
		errs = append(errs, settingError("saslUsername", "it is required for authentication with "+name, ""))
	}
	if c.Password == "" {
		errs = append(errs, settingError("saslPassword", "it is required for authentication with "+name, ""))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	m, err := create(c.Username, c.Password)
	if err != nil { // its text has the password
		return nil, settingError("saslUsername, saslPassword", "one of them has characters that SASLprep (RFC 4013) does not allow", "")
	}
	return m, nil
}
