package security

import (
	"testing"

	"github.com/matryer/is"
)

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
			s := Settings{Protocol: name, TLS: test.tls, SASL: test.sasl}
			is.NoErr(s.Validate())
			tlsConfig, saslConfig, contradictions := s.resolve()
			is.Equal(len(contradictions), 0)
			is.Equal(tlsConfig.enabled(), test.enabled)
			is.Equal(saslConfig, test.sasl)
		})
	}
}
