package cluster

import (
	"context"
	"fmt"

	"github.com/segmentio/kafka-go/protocol/findcoordinator"
)

// Coordinator asks which node coordinates a consumer group. The answer is not
// kept: callers ask again when a coordinator says that it is none.
func (c *Client) Coordinator(ctx context.Context, group string) (int32, error) {
	m, err := c.Any(ctx, &findcoordinator.Request{Key: group})
	if err != nil {
		return -1, err
	}
	res := m.(*findcoordinator.Response)
	if err := CodeError(res.ErrorCode); err != nil {
		return -1, fmt.Errorf("find coordinator of group %q: %w", group, err)
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
