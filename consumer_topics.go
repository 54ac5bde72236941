package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	sdk "github.com/conduitio/conduit-connector-sdk"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// refusedTimeout is how long a connector that opens is refused all that it needs until
// it gives up: a broker that has just started may not know its ACLs yet.
const refusedTimeout = 5 * time.Second

// describe asks for the topics that are named, nil for all, until not all of them are
// refused.
func describe(ctx context.Context, client *cluster.Client, names []string) (map[string]cluster.Topic, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	retry := cluster.NewRetry(100*time.Millisecond, time.Second)
	var denials cluster.Insistence
	for {
		found, err := client.Refresh(ctx, names)
		passes := cluster.Retriable(err)
		if err == nil {
			if err = allRefused(client, names, found); err == nil {
				return found, nil
			}
			passes = denials.Again() < refusedTimeout
		}
		if !passes || !retry.Wait(ctx) {
			return nil, err
		}
		sdk.Logger(ctx).Warn().Err(err).Msg("look for the topics, trying again")
	}
}

// allRefused returns the errors of topics that are named if the login may see none of
// them. Without names it returns nil.
func allRefused(client *cluster.Client, names []string, found map[string]cluster.Topic) error {
	var errs []error
	for _, name := range names {
		err := found[name].Err
		if !errors.Is(err, kafkago.TopicAuthorizationFailed) {
			return nil
		}
		errs = append(errs, fmt.Errorf("find topic %q: %w", name, client.Explain(err, acl.OnTopics("Read", name))))
	}
	return errors.Join(errs...)
}

// topicsToRead describes the topics that a source reads, and others. The partitions
// where it is to start must be there in those that exist. Those that are named and don't
// exist yet are waited for, and don't hold up the others.
func topicsToRead(ctx context.Context, client *cluster.Client, cfg consumer.Config) (map[string]cluster.Topic, error) {
	names := cfg.Group.Topics
	if cfg.Group.Match != nil {
		names = nil // all
	}
	found, err := describe(ctx, client, names)
	if err != nil {
		return nil, err
	}
	for name, t := range found {
		for id, offset := range cfg.StartAt.Offsets[name] {
			if _, ok := t.Partition(id); t.Err == nil && !ok {
				return nil, setting.Invalid("startAt", fmt.Sprintf("%s:%d:%d: topic %q has %d partitions", name, id, offset, name, len(t.Partitions)), "")
			}
		}
	}
	if cfg.Group.Match != nil && len(cluster.Chosen(found, nil, cfg.Group.Match)) == 0 {
		sdk.Logger(ctx).Warn().Msg("no topic matches topicsRegex, or the login may see none of those that do; those that come later are read")
	}
	there := present(found)
	for _, topic := range cfg.Group.Topics {
		if !there[topic] {
			sdk.Logger(ctx).Warn().Str("topic", topic).Msg("the topic does not exist yet; it will be read from its first record once it does")
		}
	}
	return found, nil
}

// present lists the topics that exist.
func present(found map[string]cluster.Topic) map[string]bool {
	out := make(map[string]bool)
	for name, t := range found {
		out[name] = !errors.Is(t.Err, kafkago.UnknownTopicOrPartition)
	}
	return out
}
