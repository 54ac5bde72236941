package topicconfig

import (
	"context"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func (w *world) applier(more func(*Config)) *Applier {
	cfg := Config{RequestTimeout: 20 * time.Second, Warn: w.log.warn, Info: w.log.info}
	if more != nil {
		more(&cfg)
	}
	return NewApplier(w.client, cfg)
}

func wanted(partitions int32, configs map[string]string, defaults ...string) string {
	return Topic{Name: "orders", Partitions: partitions, Configs: configs, Defaults: defaults}.String()
}

func TestApplierMakesATopicAsTheSourcesIs(t *testing.T) {
	w := newWorld(t)
	a := w.applier(func(c *Config) { c.Configs = []Setting{{"segment.ms", "5"}} })
	a.Apply(w.ctx, "copy", "orders", wanted(3, map[string]string{"retention.ms": "1000", "segment.ms": "9", "min.insync.replicas": "2"}))
	w.Equal(w.partitions("copy"), 3)
	w.Equal(w.own("copy"), map[string]string{"retention.ms": "1000", "segment.ms": "5"}) // the settings come first
	w.Equal(len(w.log.warnings()), 0)

	a.Apply(w.ctx, "copy", "orders", wanted(5, map[string]string{"retention.bytes": "7"}, "cleanup.policy", "retention.ms", "segment.ms"))
	w.Equal(w.partitions("copy"), 5)
	w.Equal(w.own("copy"), map[string]string{"retention.bytes": "7", "segment.ms": "5"}) // back to the default
	w.Equal(len(w.log.warnings()), 0)
	w.Equal(len(w.log.says), 3) // created, grown, changed

	asked := embedded.Count(w.fake, kmsg.Metadata.Int16())
	a.Apply(w.ctx, "copy", "orders", wanted(5, map[string]string{"retention.bytes": "7"}, "cleanup.policy", "retention.ms", "segment.ms"))
	w.Equal(asked.Load(), int64(0)) // nothing new is no question
}

func TestApplierLeavesWhatTheSourceDoesNotKnow(t *testing.T) {
	w := newWorld(t)
	w.create("copy", 4, map[string]string{"cleanup.policy": "compact", "min.insync.replicas": "1"})
	a := w.applier(nil)
	a.Apply(w.ctx, "copy", "orders", Topic{Name: "orders", Partitions: 3}.String()) // its configuration is unknown
	w.Equal(w.own("copy")["cleanup.policy"], "compact")
	warnings := w.log.warnings()
	w.Equal(len(warnings), 1)
	expect.Text(t, warnings[0], `"copy"`, "it has 4 partitions", `"orders"`, "has 3")
	a.Apply(w.ctx, "copy", "orders", wanted(2, map[string]string{}, "min.insync.replicas", "retention.ms"))
	w.Equal(w.own("copy"), map[string]string{"cleanup.policy": "compact", "min.insync.replicas": "1"})
	w.Equal(w.partitions("copy"), 4)
	w.Equal(len(w.log.warnings()), 0) // once
}

func TestApplierLeavesPartitionsToTheSettings(t *testing.T) {
	w := newWorld(t)
	a := w.applier(func(c *Config) { c.Partitions, c.ReplicationFactor = 2, 1 })
	a.Apply(w.ctx, "copy", "orders", wanted(6, map[string]string{}))
	w.Equal(w.partitions("copy"), 2)
	w.Equal(len(w.log.warnings()), 0)
}

// A name that only the brokers of the source know is left out, and the rest is done.
func TestApplierNamesWhatBrokersRefuse(t *testing.T) {
	w := newWorld(t)
	var creations atomic.Int64
	embedded.Answer(w.fake, kmsg.CreateTopics, func(req kmsg.Request) kmsg.Response {
		r := req.(*kmsg.CreateTopicsRequest)
		creations.Add(1)
		if len(r.Topics[0].Configs) == 0 {
			return nil
		}
		return embedded.Refusal(req, kerr.InvalidConfig.Code)
	})
	w.alters(func(names string) int16 {
		if names != "retention.ms" {
			return kerr.InvalidConfig.Code
		}
		return 0
	})
	a := w.applier(nil)
	text := wanted(3, map[string]string{"confluent.tier.enable": "true", "retention.ms": "1000"})
	a.Apply(w.ctx, "copy", "orders", text)
	w.Equal(creations.Load(), int64(2))
	w.Equal(w.partitions("copy"), 3)
	w.Equal(w.own("copy"), map[string]string{"retention.ms": "1000"})
	warnings := w.log.warnings()
	w.Equal(len(warnings), 1)
	expect.Text(t, warnings[0], `topic "copy"`, "refuse", "confluent.tier.enable", "its own words")
	a.Apply(w.ctx, "copy", "orders", text)
	w.Equal(len(w.log.warnings()), 0)
}

func TestApplierTriesAgainWhatItMayNotYet(t *testing.T) {
	w := newWorld(t)
	w.create("copy", 1, nil)
	var refuse atomic.Bool
	refuse.Store(true)
	w.alters(func(string) int16 {
		if refuse.Load() {
			return kerr.TopicAuthorizationFailed.Code
		}
		return 0
	})
	a := w.applier(nil)
	text := wanted(1, map[string]string{"retention.ms": "1000"})
	for range 2 {
		a.Apply(w.ctx, "copy", "orders", text)
	}
	warnings := w.log.warnings()
	w.Equal(len(warnings), 1) // once
	expect.Text(t, warnings[0], `AlterConfigs on topic "copy"`, "--allow-principal User:alice --operation AlterConfigs --topic copy")
	refuse.Store(false)
	a.Apply(w.ctx, "copy", "orders", text)
	w.Equal(w.own("copy"), map[string]string{"retention.ms": "1000"})
	w.Equal(len(w.log.warnings()), 0)
}

func TestApplierNeedsAlterForPartitionsAlone(t *testing.T) {
	w := newWorld(t)
	w.create("copy", 1, nil)
	embedded.Answer(w.fake, kmsg.CreatePartitions, func(req kmsg.Request) kmsg.Response {
		res := req.ResponseKind().(*kmsg.CreatePartitionsResponse)
		one := kmsg.NewCreatePartitionsResponseTopic()
		one.Topic, one.ErrorCode = "copy", kerr.TopicAuthorizationFailed.Code
		res.Topics = append(res.Topics, one)
		return res
	})
	w.applier(nil).Apply(w.ctx, "copy", "orders", wanted(2, map[string]string{"retention.ms": "1000"}))
	warnings := w.log.warnings()
	w.Equal(len(warnings), 1)
	expect.Text(t, warnings[0], `Alter on topic "copy"`, "--operation Alter --topic copy")
	w.Equal(w.own("copy"), map[string]string{"retention.ms": "1000"}) // is done all the same
}

func TestApplierTriesAgainWhatFailsInPassing(t *testing.T) {
	w := newWorld(t)
	var left atomic.Int64
	left.Store(2)
	w.alters(func(string) int16 {
		if left.Add(-1) >= 0 {
			return kerr.NotController.Code
		}
		return 0
	})
	w.create("copy", 1, nil)
	w.applier(nil).Apply(w.ctx, "copy", "orders", wanted(1, map[string]string{"retention.ms": "1000"}))
	w.Equal(w.own("copy"), map[string]string{"retention.ms": "1000"})
	left.Store(1 << 30)
	limited, end := context.WithTimeout(w.ctx, 300*time.Millisecond)
	defer end()
	w.applier(nil).Apply(limited, "copy", "orders", wanted(1, map[string]string{"retention.ms": "2000"})) // returns
	w.NoErr(w.ctx.Err())
	w.True(len(w.log.warnings()) > 0)

	ended, end := context.WithCancel(w.ctx)
	end()
	w.applier(nil).Apply(ended, "copy", "orders", wanted(1, map[string]string{"retention.ms": "3000"})) // returns
}

func TestApplierFollowsTheFirstOfSeveralTopics(t *testing.T) {
	w := newWorld(t)
	a := w.applier(nil)
	a.Apply(w.ctx, "all", "a", Topic{Name: "a", Partitions: 1, Configs: map[string]string{"retention.ms": "1"}}.String())
	for range 3 {
		a.Apply(w.ctx, "all", "b", Topic{Name: "b", Partitions: 4, Configs: map[string]string{"retention.ms": "2"}}.String())
	}
	w.Equal(w.partitions("all"), 1)
	w.Equal(w.own("all"), map[string]string{"retention.ms": "1"})
	warnings := w.log.warnings()
	w.Equal(len(warnings), 1)
	expect.Text(t, warnings[0], `"a" and "b" come together`)
}

func TestApplierRefusesWhatIsNoTopic(t *testing.T) {
	w := newWorld(t)
	asked := embedded.Count(w.fake, kmsg.Metadata.Int16())
	many := make(map[string]string)
	for i := range maxConfigs + 1 {
		many[strconv.Itoa(i)] = ""
	}
	for _, text := range []string{
		"x", "{}", `{"topic":"orders","partitions":-1}`, `{"topic":"orders","partitions":10001}`,
		`{"topic":"orders","configs":{}}` + strings.Repeat(" ", maxText),
		`{"topic":"` + strings.Repeat("a", 250) + `"}`,
		wanted(1, map[string]string{"retention.ms": strings.Repeat("1", 1<<15)}),
		wanted(1, map[string]string{strings.Repeat("a", 1<<15): "1"}),
		wanted(1, many),
	} {
		w.applier(nil).Apply(w.ctx, "copy", "orders", text)
		warnings := w.log.warnings()
		w.Equal(len(warnings), 1)
		expect.Text(t, warnings[0], "read what the record says of its topic")
		w.True(len(warnings[0]) < 2000)
	}
	w.Equal(asked.Load(), int64(0))
}
