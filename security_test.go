package kafka

import "testing"

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
