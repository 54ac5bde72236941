package kafka

import (
	"testing"

	"github.com/matryer/is"
)

func TestEachMechanismIsBuilt(t *testing.T) {
	for given, want := range map[string]string{
		"": "PLAIN", "PLAIN": "PLAIN", "SCRAM-SHA-256": "SCRAM-SHA-256", "SCRAM-SHA-512": "SCRAM-SHA-512",
	} {
		is := is.New(t)
		m, err := SASLConfig{Mechanism: given, Username: "u", Password: "p"}.build(saslEnv{})
		is.NoErr(err)
		is.Equal(m.Name(), want)
	}
	is := is.New(t)
	for _, c := range []OAuthConfig{
		{TokenURL: "https://login.example.com", ClientID: "c", ClientSecret: "s"},
		{TokenFile: file(t, "abc")},
	} {
		m, err := SASLConfig{Mechanism: "OAUTHBEARER", OAuthConfig: c}.build(saslEnv{})
		is.NoErr(err)
		is.Equal(m.Name(), "OAUTHBEARER")
	}
	m, err := SASLConfig{}.build(saslEnv{})
	is.NoErr(err)
	is.Equal(m, nil) // nothing given: no authentication
}
