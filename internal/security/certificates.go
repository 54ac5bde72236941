package security

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/security/bundle"
	"github.com/conduitio/conduit-connector-kafka/internal/security/reload"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

func keyPair(cert, key fileSetting) (tls.Certificate, error) {
	certs, certErr := readPEM(cert, bundle.Certificates)
	keyPEM, keyErr := readPEM(key, bundle.Key)
	if err := errors.Join(certErr, keyErr); err != nil {
		return tls.Certificate{}, err
	}
	pair, err := bundle.Pair(certs, keyPEM)
	if err != nil {
		return pair, setting.Invalid(cert.setting()+", "+key.setting(), fmt.Sprintf("they are not a certificate with its private key: %v", err), "")
	}
	return pair, nil
}

func readPEM[T any](p fileSetting, parse func([]byte) (T, error)) (parsed T, err error) {
	text, err := p.read()
	if err != nil {
		return parsed, err
	}
	parsed, err = parse(text)
	switch {
	case err != nil && p.path == "" && isPath(p.text):
		return parsed, setting.Invalid(p.name, "it is a path, and no text in PEM: give it as "+p.name+"File", "")
	case err != nil:
		return parsed, setting.Invalid(p.setting(), err.Error(), "")
	}
	return parsed, nil
}

// isPath reports whether what is no certificate and no key is the path to one.
func isPath(text string) bool {
	text = strings.TrimSpace(text)
	return !strings.ContainsAny(text, "\r\n") && !strings.Contains(text, "-----") &&
		(strings.HasPrefix(text, "/") || strings.HasPrefix(text, ".") || strings.Contains(text, `:\`) ||
			slices.Contains([]string{".pem", ".crt", ".cer", ".key", ".der", ".jks", ".p12"}, strings.ToLower(filepath.Ext(text))))
}

// authorities are whom to trust, nil for those of the system alone.
func authorities(ca fileSetting, stale func(error)) (*reload.Value[*x509.CertPool], error) {
	if err := ca.validate(); err != nil || !ca.given() {
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
