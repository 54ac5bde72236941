package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// killLeaders kills the leader of a partition of the copy every so often, until ctx
// ends, and returns how many. The brokers all run then.
func killLeaders(ctx context.Context, cluster *broker.Cluster, client *kclient.Client, o options, topic string) (n int, err error) {
	chance := rand.New(rand.NewPCG(o.seed, 1))
	for ctx.Err() == nil {
		begun := time.Now()
		leader, err := client.Leader(ctx, topic, chance.Int32N(int32(o.partitions)))
		if err == nil && leader > 0 {
			if err := cluster.KillNode(int(leader)); err != nil {
				return n, err
			}
			n++
			wait(ctx, o.leaders/2)
			if err := cluster.StartNode(context.WithoutCancel(ctx), int(leader)); err != nil {
				return n, fmt.Errorf("start a broker again: %w", err)
			}
		}
		wait(ctx, max(o.leaders-time.Since(begun), time.Second))
	}
	return n, nil
}
