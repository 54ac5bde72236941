package consumer

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// hides has the brokers answer questions about two topics, or about the first of them
// alone, with an error for the first, while hidden says so of the error's turn.
func (w *world) hides(code int16, hidden func() bool) {
	w.t.Helper()
	both := w.metadata(topic, "other")
	both.Topics[0].ErrorCode, both.Topics[0].Partitions = code, nil
	embedded.Answer(w.fake, kmsg.Metadata, func(r kmsg.Request) kmsg.Response {
		asked := r.(*kmsg.MetadataRequest).Topics
		if len(asked) == 0 || !slices.ContainsFunc(asked, func(t kmsg.MetadataRequestTopic) bool { return t.Topic != nil && *t.Topic == topic }) || !hidden() {
			return nil
		}
		refused := *both
		refused.Version, refused.Topics = r.GetVersion(), both.Topics[:len(asked)]
		return &refused
	})
}

// undescribedErrors are what brokers answer that have just started.
var undescribedErrors = map[string]int16{"denied": kerr.TopicAuthorizationFailed.Code, "no leader": kerr.LeaderNotAvailable.Code}

// As a source opens, one broker does not describe one of two topics. What is written to
// it from then on is read.
func TestFindEndsAsksAgainForATopicThatIsNotDescribed(t *testing.T) {
	t.Parallel()
	for name, code := range undescribedErrors {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "other"))
			w.produce(9)
			var once atomic.Bool
			w.hides(code, func() bool { return !once.Swap(true) })
			client, cfg := w.latest(func(c *Config) { c.Group.Topics = []string{topic, "other"} })
			w.True(once.Load())
			w.produce(6)
			c := Open(client, cfg)
			defer c.Close(w.ctx)
			w.Equal(w.quiet(c), []int{9, 10, 11, 12, 13, 14})
		})
	}
}

// If nobody describes it until the source is open, time tells what was written since.
func TestConsumerBeginsByTimeWhereNobodyToldTheEnd(t *testing.T) {
	t.Parallel()
	for name, code := range undescribedErrors {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "other"))
			for i := range 9 {
				w.NoErr(w.truth.Produce(w.ctx, &kgo.Record{Topic: topic, Partition: int32(i % partitions), Value: fmt.Append(nil, i), Timestamp: time.Now().Add(-time.Hour)}))
			}
			var described atomic.Bool
			w.hides(code, func() bool { return !described.Load() })
			var said warnings
			cfg := w.config(func(c *Config) {
				c.FromBeginning, c.Group.Topics, c.Group.Warn = false, []string{topic, "other"}, said.warn
			})
			client := cluster.New(w.fake.ListenAddrs(), wire.Config{DialTimeout: 5 * time.Second, RequestTimeout: 5 * time.Second})
			topics, err := client.Refresh(w.ctx, cfg.Group.Topics)
			w.NoErr(err)
			soon, cancel := context.WithTimeout(w.ctx, time.Second)
			defer cancel()
			cfg.FindEnds(soon, client, topics)
			w.Equal(said.about(`find where the logs end: topics ["t"] are read from`), 1)
			w.NoErr(w.truth.Produce(w.ctx, &kgo.Record{Topic: topic, Partition: 1, Value: []byte("100")}))
			described.Store(true)
			c := Open(client, cfg)
			defer c.Close(w.ctx)
			w.Equal(w.next(c, 1), []int{100})
			w.Equal(len(w.quiet(c)), 0)
		})
	}
}
