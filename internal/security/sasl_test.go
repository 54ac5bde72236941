package security

import (
	"context"
	"testing"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/sasl"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestEachMechanismIsBuilt(t *testing.T) {
	for given, want := range map[string]string{
		"": "PLAIN", "PLAIN": "PLAIN", "SCRAM-SHA-256": "SCRAM-SHA-256", "SCRAM-SHA-512": "SCRAM-SHA-512",
	} {
		is := is.New(t)
		m, err := SASLConfig{Mechanism: given, Username: "u", Password: "p"}.build(context.Background(), Env{})
		is.NoErr(err)
		is.Equal(m.Name(), want)
	}
	is := is.New(t)
	for _, c := range []OAuthConfig{
		{TokenURL: "https://login.example.com", ClientID: "c", ClientSecret: "s"},
		{TokenFile: file(t, "abc")},
	} {
		m, err := SASLConfig{Mechanism: "OAUTHBEARER", OAuthConfig: c}.build(context.Background(), Env{})
		is.NoErr(err)
		is.Equal(m.Name(), "OAUTHBEARER")
	}
	t.Setenv("AWS_PROFILE", "")
	m, err := SASLConfig{Mechanism: "AWS_MSK_IAM", AWSConfig: AWSConfig{AWSRegion: "us-gov-west-1"}}.build(context.Background(), Env{})
	is.NoErr(err)
	is.Equal(m.Name(), "AWS_MSK_IAM")
	m, err = SASLConfig{}.build(context.Background(), Env{})
	is.NoErr(err)
	is.Equal(m, nil) // nothing given: no authentication
}

// first is what a mechanism sends first.
func first(t *testing.T, m sasl.Mechanism) string {
	t.Helper()
	_, message, err := m.Start(context.Background())
	is.New(t).NoErr(err)
	return string(message)
}

func TestUserAndPasswordAreReadAgainForEachConnection(t *testing.T) {
	is := is.New(t)
	userFile, passwordFile := file(t, "alice\n"), file(t, "p$one \r\n")
	var warnings []string
	c := SASLConfig{UsernameFile: userFile, PasswordFile: passwordFile}
	is.NoErr(c.validate())
	m, err := c.build(context.Background(), Env{Warn: func(msg string, err error) { warnings = append(warnings, msg+": "+err.Error()) }})
	is.NoErr(err)
	is.Equal(first(t, m), "\x00alice\x00p$one ")

	overwrite(t, passwordFile, "two")
	is.Equal(first(t, m), "\x00alice\x00two")

	overwrite(t, passwordFile, "") // while it is exchanged
	is.Equal(first(t, m), "\x00alice\x00two")
	is.Equal(first(t, m), "\x00alice\x00two")
	is.Equal(len(warnings), 1)
	expect.Text(t, warnings[0], "saslPasswordFile", "the file is empty", "those read before")

	overwrite(t, userFile, "bob")
	overwrite(t, passwordFile, "three")
	is.Equal(first(t, m), "\x00bob\x00three")
}

func TestPairsOfSettingsAreTaken(t *testing.T) {
	for given, want := range map[string]map[string]string{
		"":                              {},
		"a=b":                           {"a": "b"},
		" a = b ,, c=d=e, ":             {"a": "b", "c": "d=e"},
		"a=b,c\n\n d.e_f = g h \r\n i=": {"a": "b,c", "d.e_f": "g h", "i": ""},
	} {
		is := is.New(t)
		got, err := pairs("x", given)
		is.NoErr(err)
		is.Equal(got, want)
	}
	is := is.New(t)
	parameters, err := OAuthConfig{Audience: "kafka", Parameters: "resource=r"}.parameters()
	is.NoErr(err)
	is.Equal(parameters, map[string]string{"audience": "kafka", "resource": "r"})
}
