package cluster

import (
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// vainFor is how long Ready leaves a broker alone that took no connection.
const vainFor = time.Minute

// Ready is Broker for a connection that its caller can do without: where none is open, it
// returns nil at once, and has one dialled for later. A broker that has as many as it may
// have (max.connections) leaves a further one waiting.
func (c *Client) Ready(id int32, p Purpose) *wire.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	addr, ok := c.brokers[id]
	if !ok {
		return nil
	}
	k := connKey{addr, p}
	if s := c.conns[k]; s != nil && s.conn == nil && time.Since(s.vain) < vainFor {
		return nil
	}
	conn, _, _ := c.findLocked(k) // its error says that the client is closed
	return conn
}
