package cluster

import (
	"context"
	"slices"
	"sync"

	"github.com/segmentio/kafka-go/protocol/listoffsets"
)

// HighWatermarks asks the leaders of partitions, as metadata has them, how far
// their logs go, and gives each answer to found. Partitions without one are left
// out.
func (c *Client) HighWatermarks(ctx context.Context, partitions map[string][]int32, found func(topic string, partition int32, offset int64)) {
	var wg sync.WaitGroup
	for leader, topics := range c.byLeader(partitions) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			conn, err := c.Broker(ctx, leader, Control)
			if err != nil {
				return
			}
			msg, err := conn.RoundTrip(ctx, &listoffsets.Request{ReplicaID: -1, Topics: topics})
			if err != nil {
				return
			}
			for _, t := range msg.(*listoffsets.Response).Topics {
				for _, p := range t.Partitions {
					if p.ErrorCode == 0 {
						found(t.Topic, p.Partition, p.Offset)
					}
				}
			}
		}()
	}
	wg.Wait()
}

func (c *Client) byLeader(partitions map[string][]int32) map[int32][]listoffsets.RequestTopic {
	out := make(map[int32][]listoffsets.RequestTopic)
	for topic, ids := range partitions {
		t, _ := c.Cached(topic)
		for _, id := range ids {
			p, ok := t.Partition(id)
			if !ok || p.Leader < 0 {
				continue
			}
			of := out[p.Leader]
			i := slices.IndexFunc(of, func(rt listoffsets.RequestTopic) bool { return rt.Topic == topic })
			if i < 0 {
				i, of = len(of), append(of, listoffsets.RequestTopic{Topic: topic})
			}
			of[i].Partitions = append(of[i].Partitions, listoffsets.RequestPartition{
				Partition: id, CurrentLeaderEpoch: p.LeaderEpoch, Timestamp: Latest,
			})
			out[p.Leader] = of
		}
	}
	return out
}
