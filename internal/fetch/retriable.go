package fetch

import (
	"errors"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// Retriable reports whether reading goes on after an error, whatever was asked: records,
// where to go on, or who leads. An unknown error of the broker is one of those, as for
// Java's client.
func Retriable(err error) bool {
	return errors.Is(err, kafkago.Unknown) && !cluster.Permanent(err) || cluster.Retriable(err)
}
