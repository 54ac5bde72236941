package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/bundle"
	"github.com/conduitio/conduit-connector-kafka/internal/reload"
)

// pemSetting is something in PEM, given as a text or by the path of its file.
type pemSetting struct{ name, text, path string }

func (p pemSetting) given() bool { return p.text != "" || p.path != "" }

// setting is the name of the one that is given.
func (p pemSetting) setting() string {
	if p.path != "" {
		return p.name + "File"
	}
	return p.name
}

// like is the name of the variant that goes with another one.
func (p pemSetting) like(other pemSetting) string {
	if other.path != "" {
		return p.name + "File"
	}
	return p.name
}

func (p pemSetting) check() error {
	switch {
	case p.text != "" && p.path != "":
		return settingError(p.name+"File", p.name+" is given as well: give one of the two", "")
	case !isPath(p.path):
		return settingError(p.name+"File", "it must be the path of a file; for the text itself there is "+p.name, "")
	}
	return nil
}

// isPath is false for a key, a certificate or a JSON Web Token in place of the path
// to its file. Those must not be named in errors as a path is.
func isPath(s string) bool {
	return !strings.ContainsAny(s, "\r\n") && !strings.Contains(s, "-----BEGIN") && !strings.HasPrefix(s, "eyJ")
}

// onlyPath is what of a path may be logged.
func onlyPath(s string) string {
	if !isPath(s) {
		return "(set, but not a path)"
	}
	return s
}

func (p pemSetting) read() ([]byte, error) {
	if p.path == "" {
		return []byte(p.text), nil
	}
	b, err := os.ReadFile(p.path)
	if err != nil {
		return nil, settingError(p.setting(), fmt.Sprintf("the file can't be read: %v", err), "")
	}
	return b, nil
}

func keyPair(cert, key pemSetting) (tls.Certificate, error) {
	certs, certErr := readPEM(cert, bundle.Certificates)
	keyPEM, keyErr := readPEM(key, bundle.Key)
	if err := errors.Join(certErr, keyErr); err != nil {
		return tls.Certificate{}, err
	}
	pair, err := bundle.Pair(certs, keyPEM)
	if err != nil {
		return pair, settingError(cert.setting()+", "+key.setting(), fmt.Sprintf("they are not a certificate with its private key: %v", err), "")
	}
	return pair, nil
}

func readPEM[T any](p pemSetting, parse func([]byte) (T, error)) (parsed T, err error) {
	text, err := p.read()
	if err != nil {
		return parsed, err
	}
	if parsed, err = parse(text); err != nil {
		return parsed, settingError(p.setting(), err.Error(), "")
	}
	return parsed, nil
}

// authorities are whom to trust, nil for those of the system alone.
func (c TLSConfig) authorities(stale func(error)) (*reload.Value[*x509.CertPool], error) {
	ca := pemSetting{"caCert", c.CACert, c.CACertFile}
	if err := ca.check(); err != nil || !ca.given() {
		return nil, err
	}
	return reload.New(func() (*x509.CertPool, error) { return readPEM(ca, withSystemAuthorities) }, stale)
}

// withSystemAuthorities adds certificates to those of the system.
func withSystemAuthorities(text []byte) (*x509.CertPool, error) {
	certs, err := bundle.Certificates(text)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	for _, c := range certs {
		pool.AddCert(c)
	}
	return pool, nil
}
