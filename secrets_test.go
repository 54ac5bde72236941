package kafka

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestSecretsAreNotPrinted(t *testing.T) {
	const password, key = "opensesame", "-----BEGIN PRIVATE KEY-----\nb3BlbnNlc2FtZQ=="
	shared := Config{
		Servers:   []string{"a:1"},
		TLSConfig: TLSConfig{ClientCert: "cert", ClientKey: key, ClientKeyFile: password},
		SASLConfig: SASLConfig{
			Mechanism: password, Username: "user", Password: password, PasswordFile: password, UsernameFile: password,
			AWSConfig:   AWSConfig{AWSSecretAccessKey: password, AWSSessionToken: password, AWSAccessKeyID: password, AWSExternalID: password},
			OAuthConfig: OAuthConfig{TokenFile: password, ClientSecretFile: password, Parameters: "a=" + password, Extensions: "b=" + password, TokenURL: "https://user:" + password + "@login/token?key=" + password, ClientSecret: password},
		},
	}
	registry := RegistryConfig{URLs: []string{"https://user:" + password + "@registry/?key=" + password}, Password: password, PasswordFile: password, Token: password, TokenFile: password}
	shared.RegistryConfig = registry
	other := SourceRegistryConfig{SourceRegistryURLs: []string{"https://user:" + password + "@registry/?key=" + password}, SourceRegistryPassword: password, SourceRegistryPasswordFile: password, SourceRegistryToken: password, SourceRegistryTokenFile: password}
	source, destination := SourceConfig{Config: shared}, DestinationConfig{Config: shared, SourceRegistry: SourceRegistry{other}}
	for _, v := range []any{
		shared, &shared, source, &source, destination, &destination,
		shared.TLSConfig, &shared.TLSConfig, shared.AWSConfig, &shared.AWSConfig, shared.SASLConfig, &shared.SASLConfig, shared.OAuthConfig, &shared.OAuthConfig, registry, &registry, other, &other, destination.SourceRegistry,
		[]Config{shared}, map[string]SourceConfig{"x": source}, struct{ C DestinationConfig }{destination},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			t.Run(fmt.Sprintf("%T as %s", v, verb), func(t *testing.T) {
				is := is.New(t)
				text := fmt.Sprintf(verb, v)
				for _, secret := range []string{password, "b3BlbnNlc2FtZQ", fmt.Sprintf("%x", password), fmt.Sprintf("%x", key)} {
					is.True(!strings.Contains(text, secret))
				}
				if verb != "%x" {
					expect.Text(t, text, "(set)") // but that there is one is
				}
			})
		}
	}
}

func TestSecretsAreNotInJSON(t *testing.T) {
	is := is.New(t)
	const password = "opensesame"
	shared := Config{
		TLSConfig:  TLSConfig{ClientKey: password, ClientKeyFile: password},
		SASLConfig: SASLConfig{Password: password, AWSConfig: AWSConfig{AWSSecretAccessKey: password}, OAuthConfig: OAuthConfig{ClientSecret: password}},
	}
	shared.RegistryConfig = RegistryConfig{URLs: []string{"https://user:" + password + "@registry"}, Password: password, Token: password}
	for _, v := range []any{
		shared, &shared, SourceConfig{Config: shared}, &DestinationConfig{Config: shared}, shared.TLSConfig, shared.SASLConfig,
		shared.AWSConfig, &shared.OAuthConfig, shared.RegistryConfig, &shared.RegistryConfig, map[string]any{"x": []Config{shared}},
	} {
		b, err := json.Marshal(v)
		is.NoErr(err)
		is.True(!strings.Contains(string(b), password))
		expect.Text(t, string(b), "(set)")
	}
}

func TestErrorsDoNotTellSecrets(t *testing.T) {
	cert, _ := clientPair(t)
	for name, given := range map[string]map[string]string{
		"password alone":    {"saslPassword": "opensesame"},
		"unknown mechanism": {"saslMechanism": "x", "saslUsername": "u", "saslPassword": "opensesame"},
		"key alone":         {"clientKey": "opensesame"},
		"broken key":        {"clientCert": cert, "clientKey": "opensesame"},
		"broken key in PEM": {"clientCert": cert, "clientKey": "-----BEGIN PRIVATE KEY-----\nopensesame==\n-----END PRIVATE KEY-----\n"},
		"key as a cert":     {"clientCert": "-----BEGIN PRIVATE KEY-----\nopensesame==\n-----END PRIVATE KEY-----\n", "clientKey": cert},
		"key as an authority": {
			"caCert": "-----BEGIN PRIVATE KEY-----\nopensesame==\n-----END PRIVATE KEY-----\n",
		},
		"secret alone":                   {"saslMechanism": "OAUTHBEARER", "oauth.clientSecret": "opensesame"},
		"secret unused":                  {"saslMechanism": "PLAIN", "oauth.clientSecret": "opensesame"},
		"secret in http":                 {"saslMechanism": "OAUTHBEARER", "oauth.tokenURL": "http://u:opensesame@a/?opensesame", "oauth.clientSecret": "opensesame"},
		"secret in URL":                  {"saslMechanism": "OAUTHBEARER", "oauth.tokenURL": "https://u:opensesame@a/?opensesame", "oauth.clientSecret": "opensesame"},
		"no URL":                         {"saslMechanism": "OAUTHBEARER", "oauth.tokenURL": "https://u:opensesame@a:%zz", "oauth.clientSecret": "opensesame"},
		"key for path":                   {"clientKeyFile": "-----BEGIN PRIVATE KEY-----\nopensesame==\n-----END PRIVATE KEY-----\n"},
		"JWT for path":                   {"saslMechanism": "OAUTHBEARER", "oauth.tokenFile": "eyJopensesame.e30."},
		"no token there":                 {"saslMechanism": "OAUTHBEARER", "oauth.tokenFile": file(t, "opensesame opensesame")},
		"a key in base64 for its path":   {"clientCert": cert, "clientKeyFile": base64.StdEncoding.EncodeToString([]byte("-----BEGIN PRIVATE KEY-----\nopensesame"))},
		"a bare key for its path":        {"clientCert": cert, "clientKeyFile": "MIGHAgEAMBMG/opensesame"},
		"an opaque token for its path":   {"saslMechanism": "OAUTHBEARER", "oauth.tokenFile": "ya29.opensesame"},
		"a password for its path":        {"saslUsername": "u", "saslPasswordFile": "opensesame"},
		"a password with a slash":        {"saslUsername": "u", "saslPasswordFile": "/Opensesame/x"},
		"a password as the mechanism":    {"saslMechanism": "opensesame", "saslUsername": "u", "saslPassword": "p"},
		"a secret for pairs":             {"saslMechanism": "OAUTHBEARER", "oauth.tokenURL": "https://a", "oauth.parameters": "opensesame", "oauth.extensions": "a=opensesame\x01"},
		"a password in a server":         {"servers": "u:opensesame@a:9092"},
		"a password in a registry's URL": {"schemaRegistry.urls": "http://u:opensesame@a"},
		"a registry that is no URL":      {"schemaRegistry.urls": "http://u:opensesame@a:%zz"},
		"a registry's password alone":    {"schemaRegistry.urls": "http://a", "schemaRegistry.password": "opensesame"},
		"a token for its path":           {"schemaRegistry.urls": "http://a", "schemaRegistry.tokenFile": "opensesame/Opensesame"},
		"another mistake":                {"servers": "", "saslUsername": "u", "saslPassword": "opensesame"},
		"a wrong type":                   {"tls.enabled": "maybe", "saslUsername": "u", "saslPassword": "opensesame"},
	} {
		for by, parse := range parsers {
			t.Run(name+" by "+by, func(t *testing.T) {
				is := is.New(t)
				_, err := parse(given)
				is.True(err != nil)
				for e := err; e != nil; e = errors.Unwrap(e) {
					for _, secret := range []string{"opensesame", "Opensesame", "LS0tLS1CRUdJTiBQUklWQVRF"} {
						is.True(!strings.Contains(fmt.Sprintf("%+v", e), secret))
					}
				}
			})
		}
	}
}

// Configuration in an unexported field: fmt then calls no String method.
func TestSourceAndDestinationPrintNoSecret(t *testing.T) {
	is := is.New(t)
	shared := Config{TLSConfig: TLSConfig{ClientKey: "opensesame"}, SASLConfig: SASLConfig{Password: "opensesame"}}
	is.True(!strings.Contains(fmt.Sprintf("%+v", &Source{config: SourceConfig{Config: shared}}), "opensesame"))
	is.True(!strings.Contains(fmt.Sprintf("%+v", &Destination{config: DestinationConfig{Config: shared}}), "opensesame"))
}
