package topicconfig

import (
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// What is said again each minute holds for the topic as it is, also for one that was deleted and
// is made again, by the producer or by brokers, with their defaults.
func TestApplierAppliesTheSameToATopicThatWasMadeAgain(t *testing.T) {
	w := newWorld(t)
	a := w.applier(nil)
	text := wanted(3, map[string]string{"cleanup.policy": "compact"})
	a.Apply(w.ctx, "copy", "orders", text)
	w.NoErr(w.truth.DeleteTopic(w.ctx, "copy"))
	w.create("copy", 1, nil)
	w.Equal(w.partitions("copy"), 1) // so the client learns of it, as the producer has it do
	a.Apply(w.ctx, "copy", "orders", text)
	w.Equal(w.partitions("copy"), 3)
	w.Equal(w.own("copy"), map[string]string{"cleanup.policy": "compact"})
}

// A topic that the login may not see yet is not as it is to be.
func TestApplierTriesAgainWhereItMayNotSeeTheTopicYet(t *testing.T) {
	w := newWorld(t)
	w.create("copy", 1, nil)
	var refuse atomic.Bool
	refuse.Store(true)
	embedded.Answer(w.fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		if !refuse.Load() {
			return nil
		}
		return embedded.Refusal(req, kerr.TopicAuthorizationFailed.Code)
	})
	a := w.applier(nil)
	text := wanted(3, map[string]string{"retention.ms": "1000"})
	a.Apply(w.ctx, "copy", "orders", text)
	warnings := w.log.warnings()
	w.Equal(len(warnings), 1)
	expect.Text(t, warnings[0], `Describe on topic "copy"`)
	refuse.Store(false)
	a.Apply(w.ctx, "copy", "orders", text)
	w.Equal(w.partitions("copy"), 3)
	w.Equal(w.own("copy"), map[string]string{"retention.ms": "1000"})
}
