package cluster

import (
	"context"

	"github.com/segmentio/kafka-go/protocol"
)

// Controller sends a request that changes the cluster, such as CreateTopics, to
// the controller that the last Refresh named. In KRaft mode that is any broker, which
// passes the request on; with ZooKeeper it is the one broker that carries it out, and
// any other answers kafkago.NotController.
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
