package kafka_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

// Kafka takes passwords as they are; SASLprep (RFC 4013) would change or forbid all of
// these but the first two.
var scramPasswords = []string{
	"plain-ASCII", "x,y=z", "p²", "p½", "p´", "pª", "pﬁ", "p™", "a\u00a0b", "soft\u00adhyphen",
	"pass😀word", "tab\tin", "שלוםabc", "Å", "ﷺ",
}

func TestScramTakesPasswordsAsKafkaDoes(t *testing.T) {
	cluster := broker.ForTest(t, broker.Options{Secure: true})
	_, _, topic := realKafka(t, 1)
	for i, password := range scramPasswords {
		t.Run(fmt.Sprintf("%+q", password), func(t *testing.T) {
			is := is.New(t)
			user := "scram-" + uuid.NewString() + ",="
			is.NoErr(cluster.AddSCRAMUser(guarded(t), user, password))
			s := settings{
				"servers": list(cluster.SASLPlaintext()), "topic": topic,
				"saslMechanism": []string{"SCRAM-SHA-256", "SCRAM-SHA-512"}[i%2], "saslUsername": user, "saslPassword": password,
			}
			n, err := write(guarded(t), s, numbered(1)...)
			is.NoErr(err)
			is.Equal(n, 1)
		})
	}
}
