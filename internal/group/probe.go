package group

import (
	"context"
	"fmt"

	"github.com/segmentio/kafka-go/protocol/heartbeat"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// Probe finds out whether this client may be a member of a group, by a heartbeat
// of a member that the coordinator doesn't know: it disturbs nobody, and is refused
// for that reason only where there is no other.
func Probe(ctx context.Context, client *cluster.Client, group string) error {
	conn, err := coordinator(ctx, client, group, cluster.Group)
	if err != nil {
		return err
	}
	req := &heartbeat.Request{GroupID: group, GenerationID: 0, MemberID: "probe"}
	frame, err := conn.Frame(ctx, req, 0)
	if err != nil {
		client.ForgetCoordinator(group)
		return err
	}
	version, _ := conn.Version(req.ApiKey())
	err = heartbeatError(frame, version)
	forgetUnfit(client, group, err)
	if err == nil || gone(err) {
		return nil
	}
	return fmt.Errorf("send heartbeat to group %q: %w", group, err)
}
