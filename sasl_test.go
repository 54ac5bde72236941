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
		m, err := SASLConfig{Mechanism: given, Username: "u", Password: "p"}.build()
		is.NoErr(err)
		is.Equal(m.Name(), want)
	}
	is := is.New(t)
	m, err := SASLConfig{}.build()
	is.NoErr(err)
	is.Equal(m, nil) // nothing given: no authentication
}
