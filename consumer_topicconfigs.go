package kafka

import (
	"context"
	"slices"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/topicconfig"
)

// tellingConsumer is a Consumer whose batches say what their topics are like.
type tellingConsumer struct {
	*consumer.Consumer
	teller *topicconfig.Teller
}

// Next is as the Consumer's comment says. It may wait for the configuration of topics.
func (c tellingConsumer) Next(ctx context.Context, max int) ([]message.Batch, error) {
	batches, err := c.Consumer.Next(ctx, max)
	if err == nil {
		c.teller.Tell(ctx, batches)
	}
	return batches, err
}

// topicTeller returns what says what topics are like, nil without copyTopicConfigs. It fails
// if the login may see the configuration of none of the topics that are named and exist.
func (c *SourceConfig) topicTeller(ctx context.Context, client *cluster.Client, cfg consumer.Config, found map[string]cluster.Topic) (*topicconfig.Teller, error) {
	if !c.CopyTopicConfigs {
		return nil, nil
	}
	teller := topicconfig.NewTeller(client, warner(ctx))
	there := slices.DeleteFunc(slices.Clone(cfg.Group.Topics), func(name string) bool { return found[name].Err != nil })
	return teller, teller.Try(ctx, there, refusedTimeout)
}
