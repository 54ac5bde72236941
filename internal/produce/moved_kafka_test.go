package produce

import (
	"fmt"
	"testing"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/test/broker"
)

// Brokers say who leads instead of them since Kafka 3.7.
func TestSendGoesToTheLeaderThatKafkaNames(t *testing.T) {
	c := newChanging(t, broker.Options{Nodes: 3}, func(*Config) {})
	c.NoErr(c.truth.CreateTopic(c.ctx, c.topic, 1, nil))
	c.send(to(c.topic, 0, "before"))
	before := c.metadata.Load()
	c.True(before > 0)
	const moves = 6
	for i := range moves {
		old, err := c.truth.Leader(c.ctx, c.topic, 0)
		c.NoErr(err)
		c.NoErr(c.truth.MoveLeader(c.ctx, c.topic, 0, old%3+1))
		began := time.Now()
		c.send(to(c.topic, 0, fmt.Sprint(i)))
		t.Logf("written %s after the move", time.Since(began))
	}
	c.Equal(len(c.values()), moves+1)
	asked := c.metadata.Load() - before
	conn, err := c.p.client.Broker(c.ctx, 1, cluster.Produce)
	c.NoErr(err)
	if version, _ := conn.VersionOf(new(request)); version < firstLeaders {
		c.True(asked >= moves)
		return
	}
	// A new connection may ask a broker which cluster it belongs to.
	t.Logf("%d requests for metadata", asked)
	c.True(asked < moves)
}
