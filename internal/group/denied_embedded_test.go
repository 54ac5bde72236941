package group

import (
	"errors"
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

func TestCommittedOffsetsComeWithADenialOfOtherTopics(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	m := startMember(fake, "g", nil)
	is.NoErr(m.untilItHolds(partitions))
	embedded.Answer(fake, kmsg.OffsetFetch, func(req kmsg.Request) kmsg.Response {
		res := embedded.Refusal(req, 0).(*kmsg.OffsetFetchResponse)
		for i := range res.Topics {
			for j := range res.Topics[i].Partitions {
				if p := &res.Topics[i].Partitions[j]; res.Topics[i].Topic == topic {
					p.Offset = 7
				} else if p.Partition > 0 { // the first one has an offset
					p.ErrorCode = kerr.TopicAuthorizationFailed.Code
				}
			}
		}
		return res
	})
	got, err := m.Committed(m.ctx, Partitions{topic: {0}, "hidden": {0, 1}, "secret": {1}})
	var denied *DeniedError
	is.True(errors.As(err, &denied))
	is.True(errors.Is(err, kafkago.TopicAuthorizationFailed))
	is.Equal(set(denied.Topics), set([]string{"hidden", "secret"}))
	is.Equal(got.partitions(), Partitions{topic: {0}})
	is.Equal(got[topic][0].At, int64(7))
	is.NoErr(m.close())
}

// A broker that has just started does not know its ACLs yet. The topic stays assigned if
// it was there, and somebody is told for as long as it lasts.
func TestATopicThatIsDeniedStaysAssigned(t *testing.T) {
	is := is.New(t)
	warned := 0
	m := NewMember(nil, Config{Warn: func(string, error) { warned++ }}, nil)
	denied := cluster.Topic{Err: kafkago.TopicAuthorizationFailed}
	is.Equal(m.count("new", denied), int32(0))
	is.Equal(warned, 1)
	is.Equal(m.count(topic, cluster.Topic{Partitions: make([]cluster.Partition, 3)}), int32(3))
	is.Equal(m.count(topic, denied), int32(3))
	is.Equal(m.count(topic, denied), int32(3))
	is.Equal(warned, 2)
	last := m.warned[topic]
	last.at = last.at.Add(-warnAgain)
	m.warned[topic] = last
	is.Equal(m.count(topic, denied), int32(3))
	is.Equal(warned, 3)
}
