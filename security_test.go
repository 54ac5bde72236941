package kafka

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
)

// expectWords wants all of them in a text.
func expectWords(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in: %s", w, text)
		}
	}
}

// withProtocol is a configuration that reaches a cluster by a securityProtocol.
func withProtocol(name string, t TLSConfig, s SASLConfig) Config {
	return Config{
		Servers: []string{"a:1"}, DialTimeout: time.Second, RequestTimeout: time.Second,
		SecurityProtocol: name, TLSConfig: t, SASLConfig: s,
	}
}

func TestASecurityProtocolTurnsTLSOn(t *testing.T) {
	login := SASLConfig{Username: "u", Password: "p"}
	for name, test := range map[string]struct {
		sasl    SASLConfig
		tls     TLSConfig
		enabled bool
	}{
		"PLAINTEXT":      {},
		"SSL":            {enabled: true},
		"ssl":            {enabled: true}, // Kafka's clients take any case
		"SASL_PLAINTEXT": {sasl: login},
		"SASL_SSL":       {sasl: login, enabled: true},
		"Sasl_Ssl":       {sasl: login, tls: TLSConfig{ServerName: "a"}, enabled: true},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			c := withProtocol(name, test.tls, test.sasl)
			is.NoErr(c.Validate(context.Background()))
			tlsConfig, saslConfig, contradictions := c.secured()
			is.Equal(len(contradictions), 0)
			is.Equal(tlsConfig.enabled(), test.enabled)
			is.Equal(saslConfig, test.sasl)
		})
	}
}

func TestMistakesWithASecurityProtocol(t *testing.T) {
	for name, c := range map[string]struct {
		given map[string]string
		want  []complaint
	}{
		"unknown": {
			map[string]string{"securityProtocol": "TLS"},
			[]complaint{{"securityProtocol", `"TLS" is unknown: PLAINTEXT, SASL_PLAINTEXT, SASL_SSL, SSL`}},
		},
		"TLS with PLAINTEXT": {
			map[string]string{"securityProtocol": "PLAINTEXT", "tls.enabled": "true", "tls.serverName": "a"},
			[]complaint{{"securityProtocol", "PLAINTEXT means connections without TLS, but tls.enabled, tls.serverName is set"}},
		},
		"TLS with SASL_PLAINTEXT": {
			map[string]string{"securityProtocol": "sasl_plaintext", "insecureSkipVerify": "true", "saslUsername": "u", "saslPassword": "p"},
			[]complaint{{"securityProtocol", "SASL_PLAINTEXT means connections without TLS, but insecureSkipVerify is set"}},
		},
		"a login with SSL": {
			map[string]string{"securityProtocol": "SSL", "saslUsername": "u", "saslPassword": "p"},
			[]complaint{{"securityProtocol", "SSL means connections without authentication, but saslUsername, saslPassword is set"}},
		},
		"a mechanism with PLAINTEXT": {
			map[string]string{"securityProtocol": "PLAINTEXT", "saslMechanism": "PLAIN"},
			[]complaint{
				{"securityProtocol", "without authentication, but saslMechanism is set"},
				{"saslUsername", "required"},
				{"saslPassword", "required"},
			},
		},
		"no login with SASL_SSL": {
			map[string]string{"securityProtocol": "SASL_SSL"},
			[]complaint{{"saslMechanism", "securityProtocol SASL_SSL needs it"}},
		},
		"everything with PLAINTEXT": {
			map[string]string{"securityProtocol": "PLAINTEXT", "tls.minVersion": "1.1", "saslUsername": "u"},
			[]complaint{
				{"securityProtocol", "without TLS, but tls.minVersion is set"},
				{"securityProtocol", "without authentication, but saslUsername is set"},
				{"tls.minVersion", `"1.1" is not allowed`},
				{"saslPassword", "required"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) { expectSharedComplaints(t, c.given, c.want) })
	}
}
