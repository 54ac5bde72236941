package cluster

import (
	"errors"
	"strings"
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// As in Java's client: what is not retriable ends it, named with the group.
func TestFindsTheCoordinatorThroughEachErrorCode(t *testing.T) {
	is := is.New(t)
	ctx := guarded(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	refuse := embedded.Refuse(fake, kmsg.FindCoordinator, func(kmsg.Request) string { return "" })
	c := newClient(t, fake.ListenAddrs()...)
	for _, code := range embedded.Codes() {
		refuse.Next("", code, 2)
		err := insist(ctx, c, operations[kmsg.FindCoordinator])
		if Retriable(CodeError(code)) {
			is.NoErr(err)
			is.Equal(refuse.Left(""), 0)
			continue
		}
		is.True(errors.Is(err, kafkago.Error(code)))
		is.True(strings.Contains(err.Error(), `group "g"`))
		is.Equal(refuse.Left(""), 1) // at once
	}
}
