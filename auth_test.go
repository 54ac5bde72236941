package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/certs"
)

func TestConnectionsArePlaintextUnlessATLSSettingIsGiven(t *testing.T) {
	is := is.New(t)
	cert, key := clientPair(t)
	plain, err := TLSConfig{}.build()
	is.NoErr(err)
	is.Equal(plain, nil)

	for name, c := range map[string]TLSConfig{
		"tls.enabled":        {TLSEnabled: true},
		"client certificate": {ClientCert: cert, ClientKey: key},
		"caCert":             {CACert: cert},
		"insecureSkipVerify": {InsecureSkipVerify: true},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got, err := c.build()
			is.NoErr(err)
			is.True(got != nil)
			is.Equal(got.MinVersion, uint16(tls.VersionTLS12))
			is.Equal(got.InsecureSkipVerify, c.InsecureSkipVerify) // nothing else turns verification off
			is.Equal(len(got.Certificates), strings.Count(name, "client"))
			is.Equal(got.RootCAs != nil, c.CACert != "") // nil: the system's
		})
	}
}

func TestTheClientPresentsItsCertificate(t *testing.T) {
	is := is.New(t)
	cert, key := clientPair(t)
	c, err := TLSConfig{ClientCert: cert, ClientKey: key}.build()
	is.NoErr(err)
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
	c, err := TLSConfig{CACert: text}.build()
	is.NoErr(err)
	is.True(c.RootCAs.Equal(want)) // both, besides those of the system
}

func TestEachMechanismIsBuilt(t *testing.T) {
	for given, want := range map[string]string{
		"": "PLAIN", "PLAIN": "PLAIN", "SCRAM-SHA-256": "SCRAM-SHA-256", "SCRAM-SHA-512": "SCRAM-SHA-512",
	} {
		is := is.New(t)
		m, err := SASLConfig{Mechanism: given, Username: "u", Password: "p"}.build()
		is.NoErr(err)
		is.Equal(m.Name(), want)
	}
	is := is.New(t)
	m, err := SASLConfig{}.build()
	is.NoErr(err)
	is.Equal(m, nil) // nothing given: no authentication
}

func TestSecretsAreNotPrinted(t *testing.T) {
	const password, key = "opensesame", "-----BEGIN PRIVATE KEY-----\nb3BlbnNlc2FtZQ=="
	shared := Config{
		Servers:    []string{"a:1"},
		TLSConfig:  TLSConfig{ClientCert: "cert", ClientKey: key},
		SASLConfig: SASLConfig{Username: "user", Password: password},
	}
	source, destination := SourceConfig{Config: shared}, DestinationConfig{Config: shared}
	for _, v := range []any{
		shared, &shared, source, &source, destination, &destination,
		shared.TLSConfig, &shared.TLSConfig, shared.SASLConfig, &shared.SASLConfig,
		[]Config{shared}, map[string]SourceConfig{"x": source}, struct{ C DestinationConfig }{destination},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			t.Run(fmt.Sprintf("%T as %s", v, verb), func(t *testing.T) {
				is := is.New(t)
				text := fmt.Sprintf(verb, v)
				for _, secret := range []string{password, "b3BlbnNlc2FtZQ", fmt.Sprintf("%x", password), fmt.Sprintf("%x", key)} {
					is.True(!strings.Contains(text, secret))
				}
				if verb != "%x" {
					is.True(strings.Contains(text, "(set)")) // but that there is one is
				}
			})
		}
	}
}

func TestErrorsDoNotTellSecrets(t *testing.T) {
	cert, _ := clientPair(t)
	for name, given := range map[string]map[string]string{
		"password alone":    {"saslPassword": "opensesame"},
		"unknown mechanism": {"saslMechanism": "x", "saslUsername": "u", "saslPassword": "opensesame"},
		"key alone":         {"clientKey": "opensesame"},
		"broken key":        {"clientCert": cert, "clientKey": "opensesame"},
		"broken key in PEM": {"clientCert": cert, "clientKey": "-----BEGIN PRIVATE KEY-----\nopensesame==\n-----END PRIVATE KEY-----\n"},
		"key as a cert":     {"clientCert": "-----BEGIN PRIVATE KEY-----\nopensesame==\n-----END PRIVATE KEY-----\n", "clientKey": cert},
		"key as an authority": {
			"caCert": "-----BEGIN PRIVATE KEY-----\nopensesame==\n-----END PRIVATE KEY-----\n",
		},
		"another mistake": {"servers": "", "saslUsername": "u", "saslPassword": "opensesame"},
		"a wrong type":    {"tls.enabled": "maybe", "saslUsername": "u", "saslPassword": "opensesame"},
	} {
		for by, parse := range parsers {
			t.Run(name+" by "+by, func(t *testing.T) {
				is := is.New(t)
				_, err := parse(given)
				is.True(err != nil)
				for e := err; e != nil; e = errors.Unwrap(e) {
					is.True(!strings.Contains(fmt.Sprintf("%+v", e), "opensesame"))
				}
			})
		}
	}
}
