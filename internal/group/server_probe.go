package group

import (
	"context"
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// ProbeServer is Probe for the protocol Consumer. Where the coordinator does not have that,
// Unoffered reports so of the error.
func ProbeServer(ctx context.Context, client *cluster.Client, coordinator int32, group string) error {
	s := newSession(client, Config{GroupID: group, Protocol: Consumer})
	s.coordinator = coordinator
	_, err := s.sendServer(ctx, cluster.Group, &serverHeartbeat{group: group, member: "probe", epoch: 1, rebalanceTimeout: unchanged})
	if err == nil || gone(err) {
		return nil
	}
	return fmt.Errorf("send heartbeat to group %q: %w%s", group, err, s.remedy(err))
}

// Unoffered reports whether an error says that the coordinator does not have the protocol
// Consumer.
func Unoffered(err error) bool {
	var unsupported *wire.UnsupportedError
	return errors.Is(err, kafkago.UnsupportedVersion) ||
		errors.As(err, &unsupported) && unsupported.Key == cluster.ConsumerGroupHeartbeat
}

// Offered returns an error if the coordinator of a group does not have its protocol. What
// can't be found out is no error: joining says it.
func Offered(ctx context.Context, client *cluster.Client, cfg Config) error {
	if cfg.Protocol != Consumer {
		return nil
	}
	node, err := client.Coordinator(ctx, cfg.GroupID)
	if err != nil {
		return nil //nolint:nilerr // as above
	}
	if err := ProbeServer(ctx, client, node, cfg.GroupID); Unoffered(err) {
		return err
	}
	return nil
}
