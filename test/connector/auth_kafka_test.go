package connector_test

import (
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/certs"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// secured lists the ways to reach a secured cluster that must work, each with
// the settings for it.
func secured(c *broker.Cluster) map[string]settings {
	certs := c.Certs()
	tls := settings{"caCert": string(certs.CA)}
	out := map[string]settings{
		"client certificate": tls.with(settings{"servers": list(c.SSL()), "clientCert": string(certs.Client.Cert), "clientKey": string(certs.Client.Key)}),
		"client certificate, brokers not verified": {
			"servers": list(c.SSL()), "clientCert": string(certs.Client.Cert), "clientKey": string(certs.Client.Key), "insecureSkipVerify": "true",
		},
		"client certificate, by its protocol": {
			"servers": list(c.SSL()), "securityProtocol": "SSL", "tls.minVersion": "1.3", "tls.serverName": "localhost",
			"caCert": string(certs.CA), "clientCert": string(certs.Client.Cert), "clientKey": string(certs.Client.Key),
		},
		"plaintext, by its protocol": {"servers": list(c.Servers()), "securityProtocol": "plaintext"},
		"SASL in plaintext, by its protocol": {
			"servers": list(c.SASLPlaintext()), "securityProtocol": "SASL_PLAINTEXT", "saslUsername": broker.User, "saslPassword": broker.Password,
		},
		"SASL with TLS, by its protocol": {
			"servers": list(c.SASLSSL()), "securityProtocol": "SASL_SSL", "caCert": string(certs.CA), "saslUsername": broker.User, "saslPassword": broker.Password,
		},
		"PLAIN by default": {"servers": list(c.SASLPlaintext()), "saslUsername": broker.User, "saslPassword": broker.Password},
	}
	for _, m := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		login := settings{"saslMechanism": m, "saslUsername": broker.User, "saslPassword": broker.Password}
		out[m+" in plaintext"] = login.with(settings{"servers": list(c.SASLPlaintext())})
		out[m+" with TLS"] = login.with(tls).with(settings{"servers": list(c.SASLSSL())})
	}
	return out
}

func TestWritesAndReadsThroughEachKindOfSecurity(t *testing.T) {
	cluster := broker.ForTest(t, broker.Options{Secure: true})
	_, client, _ := realKafka(t, 1)
	for name, s := range secured(cluster) {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			ctx := guarded(t)
			topic := freshTopic(t, client, 2)
			n, err := write(ctx, s.with(settings{"topic": topic}), numbered(10)...)
			is.NoErr(err)
			is.Equal(n, 10)

			src, err := openSource(ctx, s.with(settings{"topics": topic, "readFromBeginning": "true"}), nil)
			is.NoErr(err)
			records, err := read(ctx, src, 10)
			is.NoErr(err)
			is.Equal(len(records), 10)
			is.NoErr(src.Teardown(ctx))
		})
	}
}

func TestSaysWhyAConnectionIsRefused(t *testing.T) {
	cluster := broker.ForTest(t, broker.Options{Secure: true})
	certs := cluster.Certs()
	stranger := strangersCertificate(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "x")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
	login := settings{"servers": list(cluster.SASLPlaintext()), "saslUsername": broker.User, "saslPassword": "wrong-secret"}
	for name, test := range map[string]struct {
		settings settings
		want     []string
	}{
		"wrong password, PLAIN":         {login.with(settings{"saslMechanism": "PLAIN"}), []string{"authentication failed", "saslPassword"}},
		"wrong password, SCRAM-SHA-256": {login.with(settings{"saslMechanism": "SCRAM-SHA-256"}), []string{"authentication failed"}},
		"wrong password, SCRAM-SHA-512": {login.with(settings{"saslMechanism": "SCRAM-SHA-512"}), []string{"authentication failed"}},
		"authority unknown":             {settings{"servers": list(cluster.SSL()), "tls.enabled": "true"}, []string{"certificate signed by unknown authority", "caCert"}},
		"no client certificate":         {settings{"servers": list(cluster.SSL()), "caCert": string(certs.CA)}, []string{"refuses", "clientCert"}},
		"an expired client certificate": {
			settings{"servers": list(cluster.SSL()), "caCert": string(certs.CA), "clientCert": string(certs.Expired.Cert), "clientKey": string(certs.Expired.Key)},
			[]string{"refuses", "the client certificate ended on", "renew clientCert and clientKey"},
		},
		"a client certificate of somebody else's": {
			settings{"servers": list(cluster.SSL()), "caCert": string(certs.CA), "clientCert": string(stranger.Cert), "clientKey": string(stranger.Key)},
			[]string{"refuses", "check that it trusts the authority of the client certificate in clientCert"},
		},
		"another server's name": {
			settings{"servers": list(cluster.SASLSSL()), "caCert": string(certs.CA), "tls.serverName": "kafka.example.com"},
			[]string{"not kafka.example.com", "set tls.serverName"},
		},
		"plaintext to a TLS listener": {settings{"servers": list(cluster.SSL())}, []string{"tls.enabled"}},
		"TLS to a plaintext listener": {settings{"servers": list(cluster.Servers()), "tls.enabled": "true"}, []string{"TLS listener"}},
		"a login where there is none": {
			login.with(settings{"servers": list(cluster.Servers())}),
			[]string{"authentication failed", "this listener does not authenticate its clients", "leave out saslMechanism"},
		},
		"a login where certificates count": {
			login.with(settings{"servers": list(cluster.SSL()), "caCert": string(certs.CA), "clientCert": string(certs.Client.Cert), "clientKey": string(certs.Client.Key)}),
			[]string{"this listener does not authenticate its clients"},
		},
		"a mechanism that is not offered": {
			login.with(settings{"saslMechanism": "AWS_MSK_IAM", "saslUsername": "", "saslPassword": "", "aws.region": "eu-central-1"}),
			[]string{"the broker offers [", "PLAIN"},
		},
		"no login where one is needed": {settings{"servers": list(cluster.SASLPlaintext())}, []string{"saslMechanism"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // some try for ten seconds
			is := is.New(t)
			ctx := guarded(t)
			_, sourceErr := openSource(ctx, test.settings.with(settings{"topics": "x"}), nil)
			_, destinationErr := openDestination(ctx, test.settings.with(settings{"topic": "x"}))
			for _, err := range []error{sourceErr, destinationErr} {
				is.True(err != nil)
				t.Log(err)
				for _, want := range append(test.want, strings.Split(test.settings["servers"], ",")[0]) {
					expect.Error(t, err, want) // names the reason, the remedy and the address
				}
				is.True(!strings.Contains(err.Error(), "wrong-secret"))
			}
		})
	}
}

// strangersCertificate is one that brokers have no reason to trust.
func strangersCertificate(t *testing.T) certs.Pair {
	t.Helper()
	is := is.New(t)
	ca, err := certs.New("somebody else's CA")
	is.NoErr(err)
	pair, err := ca.Client("client")
	is.NoErr(err)
	return pair
}
