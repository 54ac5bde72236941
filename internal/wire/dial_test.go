package wire

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// The names of a certificate are what whoever listens there has written into it.
func TestDialKeepsTheNamesInACertificateFromTheTerminal(t *testing.T) {
	is := is.New(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	is.NoErr(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		DNSNames: []string{"\x1b]0;title\x07\x1b[2J"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	is.NoErr(err)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	is.NoErr(err)
	var wg sync.WaitGroup
	wg.Go(func() {
		if conn, err := l.Accept(); err == nil {
			_ = conn.(*tls.Conn).Handshake()
			conn.Close()
		}
	})
	defer wg.Wait()
	defer l.Close()
	roots := x509.NewCertPool()
	own, err := x509.ParseCertificate(der)
	is.NoErr(err)
	roots.AddCert(own)
	_, err = Dial(context.Background(), l.Addr().String(), Config{
		TLS:         func() *tls.Config { return &tls.Config{RootCAs: roots, ServerName: "broker"} },
		DialTimeout: time.Minute, RequestTimeout: time.Minute,
	})
	var host x509.HostnameError
	is.True(errors.As(err, &host))
	var op *net.OpError
	is.True(!errors.As(err, &op))
	is.True(printable.Is(err.Error()))
}
