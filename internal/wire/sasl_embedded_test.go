package wire

import (
	"errors"
	"strings"
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

var saslRequests = []kmsg.Key{kmsg.SASLHandshake, kmsg.SASLAuthenticate}

func withSASL() Config {
	c := config
	c.SASL = plain.Mechanism{Username: "alice", Password: "top-secret"}
	return c
}

// As in Java's client: three codes say that credentials or mechanism are refused,
// all others (a broker that starts or stops, an error inside it) pass.
func TestTellsRefusedCredentialsFromOtherErrorCodes(t *testing.T) {
	refusals := map[int16]bool{33: true, 34: true, 58: true}
	for _, key := range saslRequests {
		t.Run(key.Name(), func(t *testing.T) {
			is := is.New(t)
			fake := embedded.Start(t, kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("PLAIN", "alice", "top-secret"))
			refuse := embedded.Refuse(fake, key, func(kmsg.Request) string { return "" })
			for _, code := range embedded.Codes() {
				refuse.Next("", code, 1)
				err := dial(t, fake, withSASL())
				is.True(errors.Is(err, kafkago.Error(code)))
				expect.Error(t, err, fake.ListenAddrs()[0])
				expect.Error(t, err, "PLAIN")
				is.True(!strings.Contains(err.Error(), "top-secret"))
				var refused *AuthError
				is.Equal(errors.As(err, &refused), refusals[code])
				is.NoErr(dial(t, fake, withSASL()))
			}
		})
	}
}

// A broker that is stopped in the middle of it has not refused the credentials.
func TestAuthenticationThatIsInterruptedIsNotRefused(t *testing.T) {
	for _, key := range saslRequests {
		var spoiler embedded.Spoiler
		fake := embedded.Start(t, kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("PLAIN", "alice", "top-secret"), spoiler.Option())
		for _, spoil := range embedded.Spoils() {
			t.Run(key.Name()+"/"+spoil.Name, func(t *testing.T) {
				is := is.New(t)
				spoiler.Next(key, spoil, 1)
				if err := dial(t, fake, withSASL()); err != nil {
					t.Log(err)
					var refused *AuthError
					is.True(!errors.As(err, &refused))
					expect.Error(t, err, fake.ListenAddrs()[0])
				}
				is.Equal(spoiler.Left(), 0)
				is.NoErr(dial(t, fake, withSASL()))
			})
		}
	}
}
