package cluster

import (
	"context"
	"fmt"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/findcoordinator"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Coordinator returns which node coordinates a consumer group. The answer is kept until
// ForgetCoordinator is called: when a coordinator says that it is none, or can't be asked.
// Then others are asked than the broker that named it.
func (c *Client) Coordinator(ctx context.Context, group string) (int32, error) {
	c.mu.Lock()
	node, known := c.coordinators[group]
	c.mu.Unlock()
	if known {
		return node, nil
	}
	node, err := c.coordinator(ctx, &findcoordinator.Request{Key: group}, fmt.Sprintf("group %q", group), acl.OnGroup(group))
	if err != nil {
		return -1, err
	}
	c.mu.Lock()
	c.coordinators[group] = node
	c.mu.Unlock()
	return node, nil
}

// ForgetCoordinator makes the next call of Coordinator ask.
func (c *Client) ForgetCoordinator(group string) {
	c.mu.Lock()
	delete(c.coordinators, group)
	c.mu.Unlock()
}

// TransactionCoordinator asks which node coordinates the transactions of a transactional
// ID. The answer is not kept. An error about a missing right names the one that is needed.
func (c *Client) TransactionCoordinator(ctx context.Context, id string, needed acl.Right) (int32, error) {
	const transaction = 1
	return c.coordinator(ctx, &findcoordinator.Request{Key: id, KeyType: transaction}, fmt.Sprintf("transactional ID %q", id), needed)
}

func (c *Client) coordinator(ctx context.Context, req *findcoordinator.Request, what string, needed acl.Right) (int32, error) {
	c.mu.Lock()
	before := c.namedBy[what]
	c.mu.Unlock()
	if before != "" {
		c.doubt(before)
	}
	m, from, err := askAny(ctx, c, req.ApiKey(), c.candidates(), func(ctx context.Context, conn *wire.Conn) (protocol.Message, error) {
		return conn.RoundTrip(ctx, req)
	})
	if err != nil {
		return -1, err
	}
	c.mu.Lock()
	c.namedBy[what] = from
	c.mu.Unlock()
	res := m.(*findcoordinator.Response)
	if err := CodeError(res.ErrorCode); err != nil {
		return -1, fmt.Errorf("find coordinator of %s: %w", what, c.Explain(err, needed))
	}
	if !plausibleHost(res.Host) {
		return -1, fmt.Errorf("find coordinator of %s: %s names a host that can't be one, %.100q", what, from, res.Host)
	}
	addr := joinAddr(res.Host, res.Port)
	c.mu.Lock()
	c.locateLocked(res.NodeID, addr)
	c.mu.Unlock()
	return res.NodeID, nil
}
