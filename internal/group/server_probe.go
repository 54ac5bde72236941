package group

import (
	"context"
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// ProbeServer is Probe for the protocol Consumer. Where the coordinator does not have that,
// Unoffered reports so of the error.
func ProbeServer(ctx context.Context, client *cluster.Client, group string) error {
	s := newSession(client, Config{GroupID: group, Protocol: Consumer})
	conn, err := s.connect(ctx, cluster.Group)
	if err != nil {
		return err
	}
	err = speaksServer(conn)
	if err == nil {
		_, err = s.sendServer(ctx, cluster.Group, &serverHeartbeat{group: group, member: "probe", epoch: 1, rebalanceTimeout: unchanged})
	}
	if err == nil || gone(err) {
		return nil
	}
	forgetUnfit(client, group, err)
	return fmt.Errorf("send heartbeat to group %q: %w%s", group, err, s.remedy(err))
}

// speaksServer returns an error if a broker lacks one of the requests that the protocol
// takes: that of its heartbeats, or a version of another one with epochs or topic IDs.
func speaksServer(conn *wire.Conn) error {
	for _, req := range []protocol.Message{new(serverHeartbeat), &commitRequest{first: commitByEpoch}, new(stableFetch), cluster.TopicIDsRequest()} {
		if _, ok := conn.VersionOf(req); !ok {
			return &wire.UnsupportedError{Addr: conn.Addr(), Key: req.ApiKey()}
		}
	}
	return nil
}

// Unoffered reports whether an error says that the coordinator does not have the protocol
// Consumer.
func Unoffered(err error) bool {
	var unsupported *wire.UnsupportedError
	return errors.Is(err, kafkago.UnsupportedVersion) || errors.As(err, &unsupported)
}

// Offered returns an error if the coordinator of a group does not have its protocol. What
// can't be found out is no error: joining says it.
func Offered(ctx context.Context, client *cluster.Client, cfg Config) error {
	if cfg.Protocol != Consumer {
		return nil
	}
	if err := ProbeServer(ctx, client, cfg.GroupID); Unoffered(err) {
		return err
	}
	return nil
}
