package kafka

import (
	"context"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
	"github.com/conduitio/conduit-connector-kafka/internal/topicconfig"
)

// followingTopics has the topics of a destination follow those of its source.
type followingTopics struct{ applier *topicconfig.Applier } // nil: they don't

// follow does what records say of the topics that their messages go to.
func (f followingTopics) follow(ctx context.Context, records []opencdc.Record, messages []message.Message) {
	if f.applier == nil {
		return
	}
	for i := range messages {
		if text := records[i].Metadata[MetadataTopicConfigs]; text != "" {
			f.applier.Apply(ctx, messages[i].Topic, text)
		}
	}
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

// followingTopics is what the settings say of it.
func (c *DestinationConfig) followingTopics(ctx context.Context, client *cluster.Client, topics produce.NewTopics) followingTopics {
	if !c.CopyTopicConfigs {
		return followingTopics{}
	}
	logger := sdk.Logger(ctx)
	cfg := topicconfig.Config{
		Partitions: topics.Partitions, ReplicationFactor: topics.ReplicationFactor,
		RequestTimeout: c.RequestTimeout,
		Warn:           warner(ctx), Info: func(msg string) { logger.Info().Msg(msg) },
	}
	if c.DeliveryTimeout > 0 {
		cfg.Patience = c.OutageTimeout + c.DeliveryTimeout
	}
	for _, s := range topics.Configs {
		cfg.Configs = append(cfg.Configs, topicconfig.Setting(s))
	}
	return followingTopics{topicconfig.NewApplier(client, cfg)}
}

func (c *DestinationConfig) checkCopyTopicConfigs() error {
	if c.CopyTopicConfigs && !c.TopicAutoCreate {
		return setting.Invalid("copyTopicConfigs", "true needs topicAutoCreate, which is off: topics that are missing are created as the source's are", "")
	}
	return nil
}
