package group

import (
	"errors"
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// The coordinator refuses what is of a topic that was deleted and made again, which the
// member has yet to hear of, and takes what is of the new one.
func TestCommitOfATopicThatWasMadeAgainIsRefused(t *testing.T) {
	for name, change := range map[string]func(*Config){"classic": nil, "consumer": byServer} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			fake := embedded.Start(t, kfake.SeedTopics(partitions, topic), kfake.SeedTopics(1, "u"), shortBeats())
			truth, err := kclient.New(fake.ListenAddrs())
			is.NoErr(err)
			defer truth.Close()
			m := startMember(fake, "g", func(c *Config) {
				c.Topics = []string{topic, "u"}
				if change != nil {
					change(c)
				}
			})
			is.NoErr(m.untilItHolds(partitions + 1))
			var life Membership = m.Member
			if m.server != nil {
				life = m.server
			}
			former, other := fake.TopicInfo(topic).TopicID, fake.TopicInfo("u").TopicID
			if m.server != nil {
				// It goes on holding what it held: its heartbeats say nothing new.
				embedded.Answer(fake, kmsg.ConsumerGroupHeartbeat, func(req kmsg.Request) kmsg.Response {
					r := req.(*kmsg.ConsumerGroupHeartbeatRequest)
					if r.MemberEpoch < 0 {
						return nil
					}
					res := req.ResponseKind().(*kmsg.ConsumerGroupHeartbeatResponse)
					res.MemberEpoch, res.HeartbeatIntervalMillis = r.MemberEpoch, 100
					return res
				})
			}
			is.NoErr(truth.DeleteTopic(t.Context(), topic))
			is.NoErr(truth.CreateTopic(t.Context(), topic, partitions, nil))

			offsets := Offsets{topic: {0: {At: 7, TopicID: former}}, "u": {0: {At: 3, TopicID: other}}}
			taken, err := life.Commit(t.Context(), life.Generation(), offsets)
			t.Log(err)
			is.True(errors.Is(err, kafkago.UnknownTopicID))
			is.Equal(taken.partitions(), Partitions{"u": {0}})
			committed, err := life.Committed(t.Context(), Partitions{topic: {0}, "u": {0}})
			is.NoErr(err)
			is.Equal(committed[topic][0].At, int64(-1))
			is.Equal(committed["u"][0].At, int64(3))

			now := fake.TopicInfo(topic).TopicID
			if m.server == nil { // the other one takes what it is assigned by an ID
				taken, err = life.Commit(t.Context(), life.Generation(), Offsets{topic: {0: {At: 1, TopicID: cluster.TopicID(now)}}})
				is.NoErr(err)
				is.Equal(taken.partitions(), Partitions{topic: {0}})
			}
			is.NoErr(m.close())
		})
	}
}
