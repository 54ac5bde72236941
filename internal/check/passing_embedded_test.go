package check

import (
	"slices"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

func TestCheckWaitsOutACoordinatorThatHangsUp(t *testing.T) {
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	embedded.Disconnect(c, int16(kmsg.OffsetFetch), 1)
	results := Run(t.Context(), reading(c.ListenAddrs()[0]))
	is.New(t).True(slices.ContainsFunc(results, func(r Result) bool { return r.Step == "offsets" && r.Outcome == OK }))
}
