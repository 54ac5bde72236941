package security

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/certs"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// noWarnings is for builds that have nothing to complain about.
func noWarnings(t *testing.T) func(string, error) {
	return func(msg string, err error) { t.Errorf("%s: %v", msg, err) }
}

// connectionSettings are those of the next connection.
func connectionSettings(t *testing.T, c TLSConfig) *tls.Config {
	t.Helper()
	is := is.New(t)
	next, err := c.build(noWarnings(t))
	is.NoErr(err)
	is.True(next != nil) // with TLS
	return next()
}

func TestConnectionsArePlaintextUnlessATLSSettingIsGiven(t *testing.T) {
	is := is.New(t)
	cert, key := clientPair(t)
	certFile, keyFile := file(t, cert), file(t, key)
	plain, err := TLSConfig{}.build(noWarnings(t))
	is.NoErr(err)
	is.True(plain == nil)

	for name, test := range map[string]struct {
		config       TLSConfig
		certificates int
		roots        bool
	}{
		"tls.enabled":               {TLSConfig{TLSEnabled: true}, 0, false},
		"client certificate":        {TLSConfig{ClientCert: cert, ClientKey: key}, 1, false},
		"client certificate, files": {TLSConfig{ClientCertFile: certFile, ClientKeyFile: keyFile}, 1, false},
		"client certificate, mixed": {TLSConfig{ClientCert: cert, ClientKeyFile: keyFile}, 1, false},
		"caCert":                    {TLSConfig{CACert: cert}, 0, true},
		"caCertFile":                {TLSConfig{CACertFile: certFile}, 0, true},
		"insecureSkipVerify":        {TLSConfig{InsecureSkipVerify: true}, 0, false},
		"tls.serverName":            {TLSConfig{ServerName: "broker"}, 0, false},
		"tls.minVersion":            {TLSConfig{MinVersion: "1.2"}, 0, false},
		"tls.verifyHostname":        {TLSConfig{VerifyHostname: new(bool), InsecureSkipVerify: true}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got := connectionSettings(t, test.config)
			is.Equal(got.MinVersion, uint16(tls.VersionTLS12))
			is.Equal(got.InsecureSkipVerify, test.config.InsecureSkipVerify) // nothing else turns verification off
			is.Equal(got.ServerName, test.config.ServerName)
			is.Equal(len(got.Certificates), test.certificates)
			is.Equal(got.RootCAs != nil, test.roots) // nil: the system's
		})
	}
}

func TestTheLowestVersionOfTLSIsKept(t *testing.T) {
	is := is.New(t)
	is.Equal(connectionSettings(t, TLSConfig{MinVersion: "1.3"}).MinVersion, uint16(tls.VersionTLS13))
}

// A server that asks to negotiate again, once it is believed, ends the connection.
func TestTLSIsNegotiatedOnce(t *testing.T) {
	is.New(t).Equal(connectionSettings(t, TLSConfig{MinVersion: "1.2"}).Renegotiation, tls.RenegotiateNever)
}

func TestTheClientPresentsItsCertificate(t *testing.T) {
	is := is.New(t)
	cert, key := clientPair(t)
	c := connectionSettings(t, TLSConfig{ClientCert: cert, ClientKey: key})
	want, err := tls.X509KeyPair([]byte(cert), []byte(key))
	is.NoErr(err)
	is.Equal(c.Certificates[0].Certificate, want.Certificate)
	is.Equal(c.Certificates[0].PrivateKey, want.PrivateKey)
}

func TestEachOfSeveralAuthoritiesIsTrusted(t *testing.T) {
	is := is.New(t)
	want, err := x509.SystemCertPool()
	is.NoErr(err)
	text := "a comment before the first\n"
	for _, name := range []string{"one", "two"} {
		ca, err := certs.New(name)
		is.NoErr(err)
		is.True(want.AppendCertsFromPEM(ca.Cert()))
		text += string(ca.Cert())
	}
	c := connectionSettings(t, TLSConfig{CACert: text})
	is.True(c.RootCAs.Equal(want)) // both, besides those of the system
}

func TestRenewedFilesAreForTheNextConnection(t *testing.T) {
	is := is.New(t)
	cert, key := clientPair(t)
	certFile, keyFile, caFile := file(t, cert), file(t, key), file(t, cert)
	next, err := TLSConfig{ClientCertFile: certFile, ClientKeyFile: keyFile, CACertFile: caFile}.build(noWarnings(t))
	is.NoErr(err)
	before := next()

	renewed, renewedKey := clientPair(t)
	overwrite(t, certFile, renewed)
	overwrite(t, keyFile, renewedKey)
	overwrite(t, caFile, renewed)
	after := next()

	old, err := tls.X509KeyPair([]byte(cert), []byte(key))
	is.NoErr(err)
	want, err := tls.X509KeyPair([]byte(renewed), []byte(renewedKey))
	is.NoErr(err)
	is.Equal(after.Certificates[0].Certificate, want.Certificate)
	is.Equal(before.Certificates[0].Certificate, old.Certificate) // a connection that is being made keeps its own
	roots, err := withSystemAuthorities([]byte(renewed))
	is.NoErr(err)
	is.True(after.RootCAs.Equal(roots))
	is.True(!before.RootCAs.Equal(roots))
}

func TestFilesThatBreakLeaveTheOldCertificatesAndAWarning(t *testing.T) {
	is := is.New(t)
	cert, key := clientPair(t)
	certFile, keyFile, caFile := file(t, cert), file(t, key), file(t, cert)
	var warnings []string
	next, err := TLSConfig{ClientCertFile: certFile, ClientKeyFile: keyFile, CACertFile: caFile}.build(func(msg string, err error) {
		warnings = append(warnings, msg+": "+err.Error())
	})
	is.NoErr(err)
	before := next()

	renewed, renewedKey := clientPair(t)
	overwrite(t, certFile, renewed) // whose key comes later
	is.NoErr(os.Remove(caFile))
	for range 3 {
		c := next()
		is.Equal(c.Certificates[0].Certificate, before.Certificates[0].Certificate)
		is.True(c.RootCAs.Equal(before.RootCAs))
	}
	is.Equal(len(warnings), 2) // each once, not at each connection
	expect.Text(t, warnings[0], "clientCertFile, clientKeyFile", "does not match", "those read before")
	expect.Text(t, warnings[1], "caCertFile", "no such file", "those read before")

	overwrite(t, keyFile, renewedKey)
	want, err := tls.X509KeyPair([]byte(renewed), []byte(renewedKey))
	is.NoErr(err)
	is.Equal(next().Certificates[0].Certificate, want.Certificate)
}
