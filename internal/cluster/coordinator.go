package cluster

import (
	"context"
	"fmt"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/findcoordinator"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Coordinator asks which node coordinates a consumer group. The answer is not
// kept: callers ask again when a coordinator says that it is none. Then others are asked
// than the broker that named it.
func (c *Client) Coordinator(ctx context.Context, group string) (int32, error) {
	c.mu.Lock()
	before := c.namedBy[group]
	c.mu.Unlock()
	if before != "" {
		c.doubt(before)
	}
	req := &findcoordinator.Request{Key: group}
	m, from, err := askAny(ctx, c, req.ApiKey(), c.candidates(), func(ctx context.Context, conn *wire.Conn) (protocol.Message, error) {
		return conn.RoundTrip(ctx, req)
	})
	if err != nil {
		return -1, err
	}
	c.mu.Lock()
	c.namedBy[group] = from
	c.mu.Unlock()
	res := m.(*findcoordinator.Response)
	if err := CodeError(res.ErrorCode); err != nil {
		return -1, fmt.Errorf("find coordinator of group %q: %w", group, c.Explain(err, acl.OnGroup(group)))
	}
	if !plausibleHost(res.Host) {
		return -1, fmt.Errorf("find coordinator of group %q: %s names a host that can't be one, %.100q", group, from, res.Host)
	}
	addr := joinAddr(res.Host, res.Port)
	c.mu.Lock()
	before, known := c.brokers[res.NodeID]
	if c.brokers[res.NodeID] = addr; known && before != addr {
		c.dropStale()
	}
	c.mu.Unlock()
	return res.NodeID, nil
}
