package consumer

import (
	"slices"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// A consumer starts, and the first broker that it asks is cut off from the others: it
// tells of a topic that was deleted and made again since. The group has committed in the
// one that is there.
func TestConsumerGoesOnThoughTheFirstBrokerTellsATopicThatIsGone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		note     func(note) string // of the commits
		position bool              // of the topic that is there
	}{
		"it was committed by a member":     {note.String, false},
		"it was committed by Kafka's tool": {func(note) string { return "" }, true},
		"there is no position either":      {func(note) string { return "" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, kfake.NumBrokers(3))
			gone := w.metadata(topic)
			w.again(10)
			for id := range int32(partitions) {
				w.commitIn(id, 4, test.note(note{partitions: partitions, topic: w.topicID()}))
			}
			var heard atomic.Bool
			embedded.Answer(w.fake, kmsg.OffsetFetch, func(kmsg.Request) kmsg.Response {
				heard.Store(true)
				return nil
			})
			embedded.Answer(w.fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
				if heard.Load() && w.fake.CurrentNode() != 0 {
					return nil
				}
				res := *gone
				res.SetVersion(req.GetVersion())
				return &res
			})
			c := w.open(func(c *Config) {
				if test.position {
					c.Resume = w.position(1, 3)
				}
			})
			defer c.Close(w.ctx)
			got := w.next(c, 18)
			slices.Sort(got)
			var want []int
			for i := 4 * partitions; i < 10*partitions; i++ {
				want = append(want, 1000+i)
			}
			w.Equal(got, want)
			w.Equal(w.quiet(c), nil) // and nothing comes again
		})
	}
}
