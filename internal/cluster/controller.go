package cluster

import (
	"context"

	"github.com/segmentio/kafka-go/protocol"
)

// Controller sends a request that changes the cluster, such as CreateTopics, to
// the controller as the last Refresh named it. In KRaft mode that is any broker,
// which passes the request on; in ZooKeeper's days the one broker that carries it
// out, which others answer with kafkago.NotController in place of.
func (c *Client) Controller(ctx context.Context, req protocol.Message) (protocol.Message, error) {
	c.mu.Lock()
	id := c.controller
	c.mu.Unlock()
	conn, err := c.Broker(ctx, id, Control)
	if err != nil {
		return nil, err
	}
	return conn.RoundTrip(ctx, req)
}
