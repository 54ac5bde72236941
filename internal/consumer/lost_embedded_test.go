package consumer

import (
	"slices"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// The session of a member ends while its commits are refused. What is known to be
// acknowledged in a partition, by the position or since, is not read again when it comes
// back: the group has what it had before.
func TestConsumerGoesOnAfterALostAssignmentThatCouldNotCommit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before, after []int        // acknowledged before commits are refused, and then
		done          map[int]bool // what does not come again
	}{
		"nothing acknowledged since it started": {nil, nil, nil},
		"some acknowledged":                     {nil, []int{10}, map[int]bool{10: true}},
		"some committed":                        {[]int{10}, []int{13}, map[int]bool{10: true, 13: true}},
	} {
		t.Run(name, func(t *testing.T) {
			eitherPlace(t, func(w *world) {
				w.produce(18)
				w.commit(0, note{partitions: partitions, topic: w.topicID()}.String())
				var refused atomic.Bool
				refused.Store(len(test.before) == 0)
				embedded.Answer(w.fake, kmsg.OffsetCommit, func(req kmsg.Request) kmsg.Response {
					if refused.Load() {
						return embedded.Refusal(req, kerr.CoordinatorLoadInProgress.Code)
					}
					return nil
				})
				expel := w.expels()
				var said warnings
				c := w.resume(w.position(1, 2), func(c *Config) { c.Group.Warn = said.warn })
				defer c.Close(w.ctx)
				want := []int{0, 2, 3, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17}
				w.comes(c, want)
				if ack(c, test.before...); len(test.before) > 0 {
					w.committed(map[int32]int64{0: 0, 1: 4, 2: 0})
					refused.Store(true)
				}
				ack(c, test.after...)
				expel()
				w.assignedAgain(c)
				want = slices.DeleteFunc(want, func(n int) bool { return test.done[n] })
				w.comes(c, want)
				w.Equal(said.about("no committed offset"), 0) // there was none before
				refused.Store(false)
				w.committed(map[int32]int64{0: 0, 1: int64(3 + len(test.done)), 2: 0})
			})
		})
	}
}

// comes reads as many records as are wanted, which are these, and no more.
func (w *world) comes(c *Consumer, want []int) {
	w.t.Helper()
	got := w.next(c, len(want))
	slices.Sort(got)
	w.Equal(got, want)
	w.Equal(len(w.quiet(c)), 0)
}
