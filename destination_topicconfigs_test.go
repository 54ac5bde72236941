package kafka

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/topicconfig"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// told are records that say what their topic is like, and their messages for copies.
func told(position func(topic string) opencdc.Position, topics ...string) ([]opencdc.Record, []message.Message) {
	records, messages := make([]opencdc.Record, len(topics)), make([]message.Message, len(topics))
	for i, topic := range topics {
		records[i].Position = position(topic)
		text := topicconfig.Topic{Name: topic, Partitions: 3, Configs: map[string]string{}}.String()
		records[i].Metadata = map[string]string{MetadataTopicConfigs: text}
		messages[i].Topic = "copy-of-" + topic
	}
	return records, messages
}

func positionIn(topic string) opencdc.Position {
	return Position{GroupID: "g", Topic: topic, LeaderEpoch: -1}.Encode()
}

func following(t *testing.T, patience time.Duration) (followingTopics, *kfake.Cluster, *cluster.Client) {
	t.Helper()
	fake := embedded.Start(t, kfake.NumBrokers(1))
	client := cluster.New(fake.ListenAddrs(), wire.Config{ClientID: "test", DialTimeout: 10 * time.Second, RequestTimeout: 10 * time.Second})
	t.Cleanup(client.Close)
	cfg := topicconfig.Config{RequestTimeout: 10 * time.Second, Warn: func(msg string, err error) { t.Log(msg, err) }, Info: func(msg string) { t.Log(msg) }}
	return followingTopics{topicconfig.NewApplier(client, cfg), patience}, fake, client
}

// Many topics of an outage do not hold up a Write for longer than one.
func TestTopicsOfAWriteShareOnePatience(t *testing.T) {
	is := is.New(t)
	f, fake, _ := following(t, 300*time.Millisecond)
	var first atomic.Value
	var others atomic.Int64
	embedded.Answer(fake, kmsg.CreateTopics, func(req kmsg.Request) kmsg.Response {
		name := req.(*kmsg.CreateTopicsRequest).Topics[0].Topic
		if !first.CompareAndSwap(nil, name) && first.Load() != name {
			others.Add(1)
		}
		return embedded.Refusal(req, kerr.NotController.Code)
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	records, messages := told(positionIn, "a", "b", "c")
	f.follow(ctx, records, messages)
	is.NoErr(ctx.Err())
	is.Equal(first.Load(), "copy-of-a")
	is.Equal(others.Load(), int64(0))
}

func TestTopicsFollowRecordsWithPositionsOfTheSourceAlone(t *testing.T) {
	is := is.New(t)
	f, fake, client := following(t, 0)
	asked := embedded.Count(fake, kmsg.Metadata.Int16())
	for _, position := range []string{"", "group", "1", `{"topic":"a"}`, `{"groupID":"g"}`, string(positionIn("b"))} {
		records, messages := told(func(string) opencdc.Position { return opencdc.Position(position) }, "a")
		f.follow(t.Context(), records, messages)
	}
	is.Equal(asked.Load(), int64(0))
	records, messages := told(positionIn, "a")
	f.follow(t.Context(), records, messages)
	topics, err := client.Refresh(t.Context(), []string{"copy-of-a"})
	is.NoErr(err)
	is.Equal(len(topics["copy-of-a"].Partitions), 3)
}
