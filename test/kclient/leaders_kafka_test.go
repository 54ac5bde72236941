package kclient_test

import (
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

func TestClient_moves_leaders(t *testing.T) {
	is, ctx, topic := is.New(t), t.Context(), broker.Name(t)
	cl, err := kclient.New(broker.ForTest(t, broker.Options{Nodes: 3}).Servers())
	is.NoErr(err)
	defer cl.Close()
	is.NoErr(cl.CreateTopic(ctx, topic, 1, nil))
	for _, node := range []int32{2, 3, 3, 1} {
		is.NoErr(cl.MoveLeader(ctx, topic, 0, node))
		leader, err := cl.Leader(ctx, topic, 0)
		is.NoErr(err)
		is.Equal(leader, node)
		is.NoErr(cl.Produce(ctx, record(topic, 0, "x")))
	}
	is.True(cl.MoveLeader(ctx, topic, 0, 4) != nil) // not a replica
}
