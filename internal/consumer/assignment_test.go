package consumer

import (
	"context"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// A partition that is not found among those that have started would start again and
// again.
func TestAssignedKeepsPartitionsInOrder(t *testing.T) {
	is := is.New(t)
	c := &Consumer{starting: group.Partitions{}, client: cluster.New([]string{"127.0.0.1:1"}, wire.Config{})}
	defer c.client.Close()
	c.life, c.end = context.WithCancelCause(context.Background())
	c.end(nil) // so that nothing starts
	c.Assigned(group.Partitions{"a": {0, 2, 4}})
	c.Assigned(group.Partitions{"a": {1, 3}, "b": {1}})
	c.stopStarting()
	is.Equal(c.starting, group.Partitions{"a": {0, 1, 2, 3, 4}, "b": {1}})
}
