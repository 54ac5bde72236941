package kafka

import (
	"context"
	"errors"
	"fmt"

	sdk "github.com/conduitio/conduit-connector-sdk"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
)

// mayConsume returns an error if the login may not be a member of the group, or may read
// none of the topics that are named, and brokers repeat that for refusedTimeout. What they
// don't tell in that time shows when it is needed.
func mayConsume(ctx context.Context, client *cluster.Client, cfg consumer.Config) error {
	return cluster.WhileDenied(ctx, refusedTimeout, func(ctx context.Context) error {
		return errors.Join(mayRead(ctx, client, cfg), mayJoin(ctx, client, cfg.Group.GroupID))
	}, func(err error) { sdk.Logger(ctx).Warn().Err(err).Msg("check the rights of the login, trying again") })
}

// mayRead returns an error if the login may see the topics that are named, and read none
// of them. With a pattern others may come.
func mayRead(ctx context.Context, client *cluster.Client, cfg consumer.Config) error {
	names := cfg.Group.Topics
	if cfg.Group.Match != nil {
		return nil
	}
	forbidden, err := client.Forbidden(ctx, names, cluster.ReadBit)
	if err != nil || len(forbidden) < len(names) || len(names) == 0 {
		return nil //nolint:nilerr // reading warns of those that are refused
	}
	return fmt.Errorf("read topics: %w", client.Explain(kafkago.TopicAuthorizationFailed, acl.OnTopics("Read", forbidden...)))
}

// mayJoin returns an error if the login may not be a member of the group.
func mayJoin(ctx context.Context, client *cluster.Client, name string) error {
	err := group.Probe(ctx, client, name)
	if !errors.Is(err, kafkago.GroupAuthorizationFailed) {
		return nil // joining says what else is wrong
	}
	return client.Explain(err, acl.OnGroup(name))
}
