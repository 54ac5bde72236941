package kafka

import (
	"context"
	"testing"

	"github.com/matryer/is"
)

func TestEachMechanismIsBuilt(t *testing.T) {
	for given, want := range map[string]string{
		"": "PLAIN", "PLAIN": "PLAIN", "SCRAM-SHA-256": "SCRAM-SHA-256", "SCRAM-SHA-512": "SCRAM-SHA-512",
	} {
		is := is.New(t)
		m, err := SASLConfig{Mechanism: given, Username: "u", Password: "p"}.build(context.Background(), saslEnv{})
		is.NoErr(err)
		is.Equal(m.Name(), want)
	}
	is := is.New(t)
	for _, c := range []OAuthConfig{
		{TokenURL: "https://login.example.com", ClientID: "c", ClientSecret: "s"},
		{TokenFile: file(t, "abc")},
	} {
		m, err := SASLConfig{Mechanism: "OAUTHBEARER", OAuthConfig: c}.build(context.Background(), saslEnv{})
		is.NoErr(err)
		is.Equal(m.Name(), "OAUTHBEARER")
	}
	t.Setenv("AWS_PROFILE", "")
	m, err := SASLConfig{Mechanism: "AWS_MSK_IAM", AWSRegion: "us-gov-west-1"}.build(context.Background(), saslEnv{})
	is.NoErr(err)
	is.Equal(m.Name(), "AWS_MSK_IAM")
	m, err = SASLConfig{}.build(context.Background(), saslEnv{})
	is.NoErr(err)
	is.Equal(m, nil) // nothing given: no authentication
}
