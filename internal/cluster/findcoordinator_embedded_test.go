package cluster

import (
	"errors"
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
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
		expect.Error(t, err, `group "g"`)
		is.Equal(refuse.Left(""), 1) // at once
	}
}

// The one broker with which there was no trouble is cut off from the others, and names a
// coordinator that is none any more.
func TestCoordinatorIsAskedOfOthersThanWhoNamedTheWrongOne(t *testing.T) {
	is := is.New(t)
	ctx := guarded(t)
	fake := embedded.Start(t, kfake.NumBrokers(3))
	fake.ControlKey(kmsg.FindCoordinator.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		if fake.CurrentNode() != 0 {
			return nil, nil, false
		}
		res := req.ResponseKind().(*kmsg.FindCoordinatorResponse)
		res.NodeID, res.Host, res.Port = 77, "127.0.0.1", 1
		return res, nil, true
	})
	c := newClient(t, fake.ListenAddrs()...)
	_, err := c.Refresh(ctx, []string{})
	is.NoErr(err)
	c.Doubt(1)
	c.Doubt(2)
	wrong, err := c.Coordinator(ctx, "g")
	is.NoErr(err)
	is.Equal(wrong, int32(77))
	kept, err := c.Coordinator(ctx, "g")
	is.NoErr(err)
	is.Equal(kept, wrong)
	c.ForgetCoordinator("g")
	right, err := c.Coordinator(ctx, "g")
	is.NoErr(err)
	is.Equal(right, fake.CoordinatorFor("g"))
}
