package group

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

func looksOften(c *Config) { c.MetadataInterval = 50 * time.Millisecond }

// A broker that can't say anything of a topic at the moment has not deleted it: the
// leader doesn't take partitions away for that.
func TestKeepsTheAssignmentThroughRetriableMetadataErrors(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(partitions, topic))
	refuse := embedded.Refuse(fake, kmsg.Metadata, func(kmsg.Request) string { return "" })
	m := startMember(fake, "g", looksOften)
	is.NoErr(m.untilItHolds(partitions))
	for _, code := range []*kerr.Error{kerr.LeaderNotAvailable, kerr.NetworkException, kerr.KafkaStorageError} {
		refuse.Next("", code.Code, 3)
		is.NoErr(m.until("the refusals are over", func() bool { return refuse.Left("") == 0 }))
	}
	is.NoErr(m.close())
	is.Equal(m.events, []string{"assigned", "revoked"})
}

func TestSaysOnceThatATopicCanNotBeRead(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(partitions, topic))
	n := embedded.Count(fake, int16(kmsg.Metadata))
	embedded.Answer(fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response {
		return embedded.Refusal(req, kerr.TopicAuthorizationFailed.Code)
	})
	m := startMember(fake, "g", looksOften)
	is.NoErr(m.until("it has looked again", func() bool { return n.Load() > 5 }))
	is.NoErr(m.close())
	is.Equal(m.warnings(kafkago.TopicAuthorizationFailed), 1)
	is.True(strings.Contains(fmt.Sprint(m.warned), `topic "t"`))
}
