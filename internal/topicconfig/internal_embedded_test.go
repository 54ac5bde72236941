package topicconfig

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// Records can name Kafka's internal topics as well. Brokers refuse such records, and what comes
// before that must not be done either: more partitions of __consumer_offsets move all groups to
// others, where nobody finds what they have committed.
func TestApplierLeavesInternalTopicsAlone(t *testing.T) {
	w := newWorld(t)
	w.create("copy", 2, map[string]string{"kfake.is_internal": "true", "cleanup.policy": "compact"})
	w.applier(nil).Apply(w.ctx, "copy", "orders", wanted(5, map[string]string{}, "cleanup.policy"))
	w.Equal(w.partitions("copy"), 2)
	w.Equal(w.own("copy")["cleanup.policy"], "compact")
	warnings := w.log.warnings()
	w.Equal(len(warnings), 1)
	expect.Text(t, warnings[0], "internal")
}

// Also where there are none yet: brokers create them, with what they need.
func TestApplierLeavesTopicsAloneByTheirNames(t *testing.T) {
	w := newWorld(t)
	asked := embedded.Count(w.fake, kmsg.Metadata.Int16())
	a := w.applier(func(c *Config) { c.ProgressTopic = "progress" })
	for name, words := range map[string]string{"__consumer_offsets": "internal", "__transaction_state": "internal", "__share_group_state": "internal", "progress": "progress topic"} {
		for range 2 {
			a.Apply(w.ctx, name, "orders", wanted(5, map[string]string{"cleanup.policy": "delete"}))
		}
		warnings := w.log.warnings()
		w.Equal(len(warnings), 1) // once
		expect.Text(t, warnings[0], name, words)
	}
	w.Equal(asked.Load(), int64(0))
}

// A processor can take metadata from whoever wrote the record.
func TestApplierBelievesRecordsAboutTheirOwnTopicAlone(t *testing.T) {
	w := newWorld(t)
	a := w.applier(nil)
	asked := embedded.Count(w.fake, kmsg.Metadata.Int16())
	for name, words := range map[string]string{"payments": `of topic "payments" speaks of topic "orders"`, "": `speaks of topic "orders", and its position is not`} {
		for range 2 {
			a.Apply(w.ctx, "copy-of-"+name, name, wanted(5, map[string]string{"retention.ms": "1"}))
		}
		warnings := w.log.warnings()
		w.Equal(len(warnings), 1) // once
		expect.Text(t, warnings[0], words)
	}
	w.Equal(asked.Load(), int64(0))
	a.Apply(w.ctx, "copy-of-payments", "orders", wanted(2, nil)) // which it is a copy of
	w.Equal(w.partitions("copy-of-payments"), 2)
}
