package check

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/conduitio/conduit-connector-kafka/internal/security/oauth"
	"github.com/conduitio/conduit-connector-kafka/test/certs"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestSaysWhatIsWrongWithTLS(t *testing.T) {
	secure, right := embedded.TLS(t, tls.RequireAndVerifyClientCert)
	c := embedded.Start(t, secure, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	stranger := &tls.Config{MinVersion: tls.VersionTLS12}
	anonymous := right.Clone()
	anonymous.Certificates = nil
	for name, want := range map[string]struct {
		tls    *tls.Config
		steps  string
		reason string
	}{
		"right":             {right, "", ""},
		"off":               {nil, "failed API versions", "set tls.enabled"},
		"unknown authority": {stranger, "failed TLS", "set caCert"},
		"no certificate":    {anonymous, "failed TLS", "clientCert"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			p := reading(c.ListenAddrs()...)
			if want.tls != nil {
				p.Connection.TLS = func() *tls.Config { return want.tls }
			}
			steps, first := failed(t, p)
			is.Equal(steps, want.steps)
			expect.Text(t, first.Reason, want.reason)
		})
	}
}

func TestSaysWhyACertificateOfABrokerIsNotTrusted(t *testing.T) {
	is := is.New(t)
	ca, err := certs.New("the root")
	is.NoErr(err)
	inner, err := ca.Intermediate("the branch")
	is.NoErr(err)
	other, err := certs.New("another root")
	is.NoErr(err)
	for name, c := range map[string]struct {
		issue func() (certs.Pair, error)
		want  string
	}{
		"another authority": {
			func() (certs.Pair, error) { return other.Server() },
			`signed by unknown authority, "CN=another root": set caCert (or caCertFile) to the certificate of that authority`,
		},
		"no intermediate": {
			func() (certs.Pair, error) { return inner.Server() },
			`"CN=the branch": set caCert (or caCertFile) to the certificate of that authority; if only one above it is known, the broker has to present the certificates in between`,
		},
		"signed by itself": {
			func() (certs.Pair, error) { return certs.SelfSigned("127.0.0.1") },
			`"CN=kafka": set caCert (or caCertFile) to its certificate`,
		},
		"ended":           {func() (certs.Pair, error) { return ca.ExpiredServer() }, "must be renewed, or the clock of this machine is wrong"},
		"for a client":    {func() (certs.Pair, error) { return ca.Client("c", "127.0.0.1") }, "issued again with the extended key usage serverAuth"},
		"another name":    {func() (certs.Pair, error) { return ca.ServerOnly("kafka") }, "name the brokers in servers as their certificates do, or set tls.serverName"},
		"another address": {func() (certs.Pair, error) { return ca.ServerOnly("10.0.0.1") }, "is valid for 10.0.0.1, not 127.0.0.1: name the brokers"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			issued, err := c.issue()
			is.NoErr(err)
			pair, err := issued.TLS()
			is.NoErr(err)
			cluster := embedded.Start(t, kfake.NumBrokers(1), kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}}))
			p := reading(cluster.ListenAddrs()...)
			p.Connection.TLS = func() *tls.Config { return &tls.Config{RootCAs: ca.Pool()} }
			steps, first := failed(t, p)
			is.Equal(steps, "failed TLS")
			expect.Text(t, first.Reason, c.want)
			expect.Text(t, first.Remedy, "openssl s_client -showcerts -connect 127.0.0.1:")
		})
	}
}

func TestSaysThatABrokerTakesAnotherClientCertificate(t *testing.T) {
	is := is.New(t)
	secure, right := embedded.TLS(t, tls.RequireAndVerifyClientCert)
	c := embedded.Start(t, secure, kfake.NumBrokers(1))
	stranger, err := certs.New("a stranger")
	is.NoErr(err)
	issued, err := stranger.Client("c")
	is.NoErr(err)
	foreign := right.Clone()
	pair, err := issued.TLS()
	is.NoErr(err)
	foreign.Certificates = nil
	foreign.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	p := reading(c.ListenAddrs()...)
	p.Connection.TLS = func() *tls.Config { return foreign }
	steps, first := failed(t, p)
	is.Equal(steps, "failed TLS")
	expect.Text(t, first.Remedy, "compare the client certificate with what the broker takes")
}

func TestSaysThatNothingAnswersWithTLS(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1)) // which waits for more
	p := reading(c.ListenAddrs()...)
	p.Connection.DialTimeout = 200 * time.Millisecond
	p.Connection.TLS = func() *tls.Config { return &tls.Config{} }
	steps, first := failed(t, p)
	is.Equal(steps, "failed TLS")
	expect.Text(t, first.Reason, "is this the broker's TLS listener?")
}

// keytool makes such certificates unless it is told the names of the host.
func TestSaysThatACertificateHasNoSAN(t *testing.T) {
	is := is.New(t)
	ca, err := certs.New("a CA")
	is.NoErr(err)
	nameless, err := ca.ServerOnly()
	is.NoErr(err)
	pair, err := nameless.TLS()
	is.NoErr(err)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}}))
	for _, name := range []string{"", "kafka"} { // which is its common name
		p := reading(c.ListenAddrs()...)
		p.Connection.TLS = func() *tls.Config { return &tls.Config{RootCAs: ca.Pool(), ServerName: name} }
		steps, first := failed(t, p)
		is.Equal(steps, "failed TLS")
		expect.Text(t, first.Reason, "it must be issued again with a SAN")
		expect.Text(t, first.Remedy, "-ext SAN=dns:127.0.0.1")
	}
}

func TestSaysThatTheTokenEndpointIsToBlame(t *testing.T) {
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.EnableSASL())
	refusing := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer refusing.Close()
	dead := httptest.NewTLSServer(nil)
	dead.Close()
	roots := x509.NewCertPool()
	roots.AddCert(refusing.Certificate())
	for url, want := range map[string]string{dead.URL: "gives no answer, or says that it is busy: is it running", refusing.URL: "refuses: compare oauth.tokenURL, oauth.clientID"} {
		is := is.New(t)
		p := reading(c.ListenAddrs()...)
		p.Connection.SASL = oauth.Mechanism(oauth.Endpoint{
			URL: url, ClientID: "c", Secret: func() string { return "s" }, Roots: func() *x509.CertPool { return roots }, Timeout: time.Minute,
		}.Tokens(), nil)
		steps, first := failed(t, p)
		is.Equal(steps, "failed SASL")
		expect.Text(t, first.Remedy, want)
		expect.Text(t, first.Remedy, strings.TrimPrefix(url, "https://"))
	}
}

func TestSaysWhatIsWrongWithTheLogin(t *testing.T) {
	is := is.New(t)
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"), kfake.EnableSASL(), kfake.Superuser("PLAIN", "alice", "right-secret"))
	p := reading(c.ListenAddrs()...)
	steps, first := failed(t, p)
	is.Equal(steps, "failed metadata")
	expect.Text(t, first.Reason, "set saslMechanism")

	p.Connection.SASL = plain.Mechanism{Username: "alice", Password: "wrong-secret"}
	steps, first = failed(t, p)
	is.Equal(steps, "failed SASL")
	is.True(!strings.Contains(first.Reason+first.Remedy, "wrong-secret"))

	p.Connection.SASL = plain.Mechanism{Username: "alice", Password: "right-secret"}
	steps, _ = failed(t, p)
	is.Equal(steps, "")
}
