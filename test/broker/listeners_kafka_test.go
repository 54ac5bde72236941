package broker_test

import (
	"context"
	"crypto/tls"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

func TestCluster_serves_on_every_listener(t *testing.T) {
	kafka := broker.ForTest(t, broker.Options{Secure: true})
	certs, err := kafka.Certs().TLS()
	is.New(t).NoErr(err)
	caOnly := certs.Clone()
	caOnly.Certificates = nil

	alice := plain.Auth{User: broker.User, Pass: broker.Password}.AsMechanism()
	scram256 := scram.Auth{User: broker.User, Pass: broker.Password}.AsSha256Mechanism()
	scram512 := scram.Auth{User: broker.User, Pass: broker.Password}.AsSha512Mechanism()
	token := oauth.Auth{Token: broker.Token("alice", time.Now().Add(time.Hour))}.AsMechanism()

	for _, tt := range []struct {
		name    string
		servers []string
		tls     *tls.Config
		sasl    sasl.Mechanism
		refused bool
	}{
		{"plaintext", kafka.Servers(), nil, nil, false},
		{"direct", kafka.Direct(), nil, nil, false},
		{"client certificate", kafka.SSL(), certs, nil, false},
		{"no client certificate", kafka.SSL(), caOnly, nil, true},
		{"unknown CA", kafka.SSL(), &tls.Config{MinVersion: tls.VersionTLS12}, nil, true},
		{"PLAIN", kafka.SASLSSL(), caOnly, alice, false},
		{"SCRAM-SHA-256", kafka.SASLSSL(), caOnly, scram256, false},
		{"SCRAM-SHA-512", kafka.SASLSSL(), caOnly, scram512, false},
		{"OAUTHBEARER", kafka.SASLSSL(), caOnly, token, false},
		{"PLAIN without TLS", kafka.SASLPlaintext(), nil, alice, false},
		{"SCRAM-SHA-512 without TLS", kafka.SASLPlaintext(), nil, scram512, false},
		{"OAUTHBEARER without TLS", kafka.SASLPlaintext(), nil, token, false},
		{
			"wrong password", kafka.SASLPlaintext(), nil,
			plain.Auth{User: broker.User, Pass: "wrong"}.AsMechanism(), true,
		},
		{
			"expired token", kafka.SASLPlaintext(), nil,
			oauth.Auth{Token: broker.Token("alice", time.Now().Add(-time.Hour))}.AsMechanism(), true,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			is := is.New(t)
			opts := []kgo.Opt{kgo.SeedBrokers(tt.servers...), kgo.RequestRetries(0)}
			if tt.tls != nil {
				opts = append(opts, kgo.DialTLSConfig(tt.tls))
			}
			if tt.sasl != nil {
				opts = append(opts, kgo.SASL(tt.sasl))
			}
			cl, err := kgo.NewClient(opts...)
			is.NoErr(err)
			defer cl.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			is.Equal(cl.Ping(ctx) != nil, tt.refused)
			is.NoErr(ctx.Err())
		})
	}
}
