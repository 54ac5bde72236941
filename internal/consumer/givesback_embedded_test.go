package consumer

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// An eager group rebalances, and the source is stopped while it gives its partitions back
// and waits for acks of what is being processed.
func TestConsumerCommitsThoughItIsClosedWhileItGivesPartitionsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.produce(6)
	refuse := embedded.Refuse(w.fake, kmsg.Heartbeat, func(kmsg.Request) string { return "" })
	c := w.open(func(c *Config) {
		c.CommitInterval, c.Group.Balancers = time.Hour, []string{"range"}
	})
	w.next(c, 6)
	w.committed(map[int32]int64{0: 0, 1: 0, 2: 0})
	ack(c, 0, 1, 2) // 3, 4 and 5 are still being processed
	refuse.Next("", kerr.RebalanceInProgress.Code, 1)
	for c.fetcher.Len() > 0 && w.ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	w.NoErr(c.Close(w.ctx))
	got, err := w.truth.Committed(w.ctx, "g", topic)
	w.NoErr(err)
	w.Equal(got, map[int32]int64{0: 1, 1: 1, 2: 1})
}
