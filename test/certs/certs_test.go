package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/certs"
)

func TestCA_issues_what_the_two_sides_of_TLS_accept_or_refuse(t *testing.T) {
	is := is.New(t)
	ca, err := certs.New("ours")
	is.NoErr(err)
	other, err := certs.New("theirs")
	is.NoErr(err)

	must := func(p certs.Pair, err error) tls.Certificate {
		t.Helper()
		is.NoErr(err)
		pair, err := p.TLS()
		is.NoErr(err)
		return pair
	}
	server, client := must(ca.Server()), must(ca.Client("alice"))

	for _, tt := range []struct {
		name           string
		server, client tls.Certificate
		ok             bool
	}{
		{"both good", server, client, true},
		{"client of another CA", server, must(other.Client("alice")), false},
		{"client expired", server, must(ca.ExpiredClient("alice")), false},
		{"server of another CA", must(other.Server()), client, false},
		{"server expired", must(ca.ExpiredServer()), client, false},
		{"server of another name", must(ca.ServerOnly("elsewhere.test")), client, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			is := is.New(t)
			err := handshake(t,
				&tls.Config{Certificates: []tls.Certificate{tt.server}, ClientCAs: ca.Pool(), ClientAuth: tls.RequireAndVerifyClientCert},
				&tls.Config{Certificates: []tls.Certificate{tt.client}, RootCAs: ca.Pool(), ServerName: "localhost"},
			)
			is.Equal(err == nil, tt.ok)
		})
	}
}

func TestCA_certificate_is_PEM_that_a_pool_takes(t *testing.T) {
	is := is.New(t)
	ca, err := certs.New("ours")
	is.NoErr(err)
	is.True(x509.NewCertPool().AppendCertsFromPEM(ca.Cert()))
}

// handshake returns what either side had against the other.
func handshake(t *testing.T, server, client *tls.Config) error {
	is := is.New(t)
	l, err := tls.Listen("tcp", "127.0.0.1:0", server)
	is.NoErr(err)
	defer l.Close()
	done := make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			err = conn.(*tls.Conn).Handshake()
			_ = conn.Close()
		}
		done <- err
	}()
	conn, err := tls.Dial("tcp", l.Addr().String(), client)
	if err == nil {
		_ = conn.Close()
	}
	return errors.Join(err, <-done)
}
