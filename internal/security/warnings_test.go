package security

import (
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestWarningsSayWhatSettingsGiveAway(t *testing.T) {
	for name, c := range map[string]struct {
		settings Settings
		want     []string // words of each warning
	}{
		"nothing to read":           {Settings{}, nil},
		"TLS":                       {Settings{TLS: TLSConfig{TLSEnabled: true}, SASL: SASLConfig{Username: "u", Password: "opensesame"}}, nil},
		"a protocol with TLS":       {Settings{Protocol: "sasl_ssl", SASL: SASLConfig{Username: "u", Password: "opensesame"}}, nil},
		"PLAIN":                     {Settings{SASL: SASLConfig{Username: "u", Password: "opensesame"}}, []string{"the password"}},
		"a password in a file":      {Settings{SASL: SASLConfig{Username: "u", PasswordFile: "opensesame"}}, []string{"the password"}},
		"SCRAM":                     {Settings{Protocol: "SASL_PLAINTEXT", SASL: SASLConfig{Mechanism: "SCRAM-SHA-512", Username: "u", Password: "opensesame"}}, []string{"guess the password"}},
		"a token":                   {Settings{SASL: SASLConfig{Mechanism: "OAUTHBEARER"}}, []string{"the token"}},
		"any certificate":           {Settings{TLS: TLSConfig{InsecureSkipVerify: true}}, []string{"insecureSkipVerify"}},
		"any certificate, and SASL": {Settings{TLS: TLSConfig{InsecureSkipVerify: true}, SASL: SASLConfig{Username: "u", Password: "opensesame"}}, []string{"insecureSkipVerify"}},
		"a registry without TLS":    {Settings{Registry: RegistryConfig{URLs: []string{"https://a", "HTTP://b"}, Username: "u", Password: "opensesame"}}, []string{"the password"}},
		"a registry's token":        {Settings{Registry: RegistryConfig{URLs: []string{"http://a"}, TokenFile: "opensesame"}}, []string{"schema registry are not encrypted: anyone on the network path to it can read the token"}},
		"a registry with TLS":       {Settings{Registry: RegistryConfig{URLs: []string{"https://a"}, Token: "opensesame"}}, nil},
		"a registry without login":  {Settings{Registry: RegistryConfig{URLs: []string{"http://a"}}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			got := c.settings.Warnings()
			is.Equal(len(got), len(c.want))
			for i, w := range got {
				expect.Text(t, w, c.want[i])
				is.True(!strings.Contains(w, "opensesame"))
			}
		})
	}
}
