package kafka

import (
	"context"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
	"github.com/conduitio/conduit-connector-kafka/internal/topicconfig"
)

// followingTopics has the topics of a destination follow those of its source.
type followingTopics struct {
	applier  *topicconfig.Applier // nil: they don't
	patience time.Duration        // with all topics of a Write together; 0: until its context ends
}

// follow does what records say of the topics that their messages go to.
func (f followingTopics) follow(ctx context.Context, records []opencdc.Record, messages []message.Message) {
	if f.applier == nil {
		return
	}
	first := 0
	for first < len(messages) && records[first].Metadata[MetadataTopicConfigs] == "" {
		first++
	}
	if first == len(messages) {
		return
	}
	if f.patience > 0 {
		limited, cancel := context.WithTimeout(ctx, f.patience)
		defer cancel()
		ctx = limited
	}
	for i := first; i < len(messages); i++ {
		if text := records[i].Metadata[MetadataTopicConfigs]; text != "" {
			f.applier.Apply(ctx, messages[i].Topic, topicOf(records[i].Position), text)
		}
	}
}

// topicOf is the topic that a record was read from, "" if not by this connector's source.
func topicOf(p opencdc.Position) string {
	pos, err := ParsePosition(p)
	if err != nil {
		return ""
	}
	return pos.Topic
}

// follower is a producer whose topics may follow those of the source.
type follower interface {
	follow(ctx context.Context, records []opencdc.Record, messages []message.Message)
}

// followTopics comes before messages are sent: the topic of a message is to be created as the
// source's is.
func (s *writeSession) followTopics(ctx context.Context, records []opencdc.Record, messages []message.Message) {
	if f, ok := s.producer.(follower); ok {
		f.follow(ctx, records, messages)
	}
}

// followingTopics is what the settings say of it. A progress topic does not follow any.
func (c *DestinationConfig) followingTopics(ctx context.Context, client *cluster.Client, topics produce.NewTopics, progressTopic string) followingTopics {
	if !c.CopyTopicConfigs {
		return followingTopics{}
	}
	logger := sdk.Logger(ctx)
	cfg := topicconfig.Config{
		Partitions: topics.Partitions, ReplicationFactor: topics.ReplicationFactor,
		ProgressTopic: progressTopic, RequestTimeout: c.RequestTimeout,
		Warn: warner(ctx), Info: func(msg string) { logger.Info().Msg(msg) },
	}
	for _, s := range topics.Configs {
		cfg.Configs = append(cfg.Configs, topicconfig.Setting(s))
	}
	f := followingTopics{applier: topicconfig.NewApplier(client, cfg)}
	if c.DeliveryTimeout > 0 {
		f.patience = c.OutageTimeout + c.DeliveryTimeout
	}
	return f
}

func (c *DestinationConfig) checkCopyTopicConfigs() error {
	if c.CopyTopicConfigs && !c.TopicAutoCreate {
		return setting.Invalid("copyTopicConfigs", "true needs topicAutoCreate, which is off: topics that are missing are created as the source's are", "")
	}
	return nil
}
