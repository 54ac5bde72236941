package connector_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/conduitio/conduit-connector-kafka/test/certs"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestAuthenticatesWithTheEmbeddedBroker(t *testing.T) {
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			ctx := guarded(t)
			c := embedded.Start(t, kfake.EnableSASL(), kfake.Superuser(mechanism, "bob", "bob-secret"), kfake.AllowAutoTopicCreation())
			s := settings{"servers": list(c.ListenAddrs()), "saslMechanism": mechanism, "saslUsername": "bob", "saslPassword": "bob-secret"}
			copyThrough(t, s)

			_, err := openDestination(ctx, s.with(settings{"topic": "x", "saslPassword": "wrong-secret"}))
			expect.Error(t, err, "authentication failed")
			is.True(!strings.Contains(err.Error(), "wrong-secret"))
		})
	}
}

func TestSecuresConnectionsToTheEmbeddedBroker(t *testing.T) {
	is := is.New(t)
	ca, err := certs.New("a CA")
	is.NoErr(err)
	server, err := ca.Server()
	is.NoErr(err)
	client, err := ca.Client("client")
	is.NoErr(err)
	pair, err := server.TLS()
	is.NoErr(err)
	c := embedded.Start(t, kfake.AllowAutoTopicCreation(), kfake.TLS(&tls.Config{
		Certificates: []tls.Certificate{pair}, ClientCAs: ca.Pool(), ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12,
	}))
	copyThrough(t, settings{
		"servers": list(c.ListenAddrs()), "caCert": string(ca.Cert()), "clientCert": string(client.Cert), "clientKey": string(client.Key),
	})
}

func TestALowerVersionOfTLSThanIsAllowedIsRefused(t *testing.T) {
	ca, err := certs.New("a CA")
	is.New(t).NoErr(err)
	server, err := ca.Server()
	is.New(t).NoErr(err)
	pair, err := server.TLS()
	is.New(t).NoErr(err)
	c := embedded.Start(t, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}))
	for side, open := range bothSides {
		t.Run(side, func(t *testing.T) {
			is := is.New(t)
			err := open(guarded(t), settings{"servers": list(c.ListenAddrs()), "caCert": string(ca.Cert()), "tls.minVersion": "1.3"})
			is.True(err != nil)
			t.Log(err)
			expect.Error(t, err, "does not speak a version of TLS that tls.minVersion allows")
		})
	}
}

// Brokers behind a load balancer may have certificates of names that nobody dials.
func TestTheNameInABrokersCertificateMayBeLeftOut(t *testing.T) {
	is := is.New(t)
	ca, err := certs.New("a CA")
	is.NoErr(err)
	for name, hosts := range map[string][]string{"another name": {"kafka.example.com"}, "no name": nil} {
		server, err := ca.ServerOnly(hosts...)
		is.NoErr(err)
		pair, err := server.TLS()
		is.NoErr(err)
		c := embedded.Start(t, kfake.AllowAutoTopicCreation(), kfake.TLS(&tls.Config{Certificates: []tls.Certificate{pair}}))
		s := settings{"servers": list(c.ListenAddrs()), "caCert": string(ca.Cert()), "tls.verifyHostname": "false"}
		t.Run(name, func(t *testing.T) { copyThrough(t, s) })

		stranger, err := certs.New("a stranger")
		is.NoErr(err)
		for what, changes := range map[string]settings{
			"unless the authority is another": {"caCert": string(stranger.Cert())},
			"or it is on":                     {"tls.verifyHostname": "true"},
		} {
			for side, open := range bothSides {
				t.Run(name+", "+what+", "+side, func(t *testing.T) {
					is := is.New(t)
					err := open(guarded(t), s.with(changes))
					is.True(err != nil)
					t.Log(err)
					expect.Error(t, err, "failed to verify certificate")
				})
			}
		}
	}
}

// copyThrough writes records and reads them back.
func copyThrough(t *testing.T, s settings) {
	t.Helper()
	is := is.New(t)
	ctx := guarded(t)
	topic := s["topic"]
	if topic == "" {
		topic = "copied"
	}
	n, err := write(ctx, s.with(settings{"topic": topic}), numbered(10)...)
	is.NoErr(err)
	is.Equal(n, 10)
	src, err := openSource(ctx, s.with(settings{"topic": topic, "readFromBeginning": "true"}), nil)
	is.NoErr(err)
	records, err := read(ctx, src, 10)
	is.NoErr(err)
	is.Equal(len(records), 10)
	is.NoErr(src.Teardown(ctx))
}
