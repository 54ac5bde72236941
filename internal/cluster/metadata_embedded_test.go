package cluster

import (
	"errors"
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// A code belongs to its topic: the caller decides, and the brokers stay known.
func TestKeepsTheErrorCodeOfATopicWithTheTopic(t *testing.T) {
	is := is.New(t)
	ctx := guarded(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	refuse := embedded.Refuse(fake, kmsg.Metadata, func(kmsg.Request) string { return "" })
	c := newClient(t, fake.ListenAddrs()...)
	for _, code := range embedded.Codes() {
		refuse.Next("", code, 1)
		topics, err := c.Refresh(ctx, []string{"t"})
		is.NoErr(err)
		is.True(errors.Is(topics["t"].Err, kafkago.Error(code)))
		is.Equal(len(topics["t"].Partitions), 0)

		topics, err = c.Refresh(ctx, []string{"t"})
		is.NoErr(err)
		is.NoErr(topics["t"].Err)
		_, err = c.ListOffset(ctx, "t", 0, Latest, true)
		is.NoErr(err)
	}
}

func TestATopicThatTheAnswerDoesNotMentionIsUnknown(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	embedded.Answer(fake, kmsg.Metadata, func(req kmsg.Request) kmsg.Response { return req.ResponseKind() })
	topics, err := newClient(t, fake.ListenAddrs()...).Refresh(guarded(t), []string{"t"})
	is.NoErr(err)
	is.True(errors.Is(topics["t"].Err, kafkago.UnknownTopicOrPartition))
}

func TestTakesNoPartOfAMetadataAnswerForOne(t *testing.T) {
	is := is.New(t)
	res := kmsg.NewPtrMetadataResponse()
	res.Version = 12
	res.Brokers = append(res.Brokers, kmsg.NewMetadataResponseBroker())
	topic := kmsg.NewMetadataResponseTopic()
	topic.Topic = kmsg.StringPtr("t")
	topic.Partitions = append(topic.Partitions, kmsg.NewMetadataResponseTopicPartition())
	res.Topics = append(res.Topics, topic)
	frame := res.AppendTo(make([]byte, 9))
	_, err := parseMetadata(frame)
	is.NoErr(err)
	for n := range frame {
		_, err := parseMetadata(frame[:n])
		is.True(err != nil) // without its end
	}
	_, err = parseMetadata(append(frame, 0))
	is.True(err != nil) // with something after it
}
