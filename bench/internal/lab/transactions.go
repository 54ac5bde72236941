package lab

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

// FreshProgress creates an empty topic for progress, as exactlyOnce needs it.
func (l *Lab) FreshProgress(ctx context.Context, name string) error {
	return l.create(ctx, name, 1, map[string]string{"cleanup.policy": "compact", "segment.bytes": "4194304"})
}

// CountCommitted returns how many records a topic has that are not of aborted transactions.
// It waits for those that are still open, and reads the whole topic: its offsets count the
// ends of transactions, too.
func (l *Lab) CountCommitted(ctx context.Context, topic string) (int64, error) {
	ends, err := l.client.EndOffsets(ctx, topic)
	if err != nil {
		return 0, err
	}
	starts := make(map[int32]kgo.Offset)
	for partition, end := range ends {
		if end > 0 {
			starts[partition] = kgo.NewOffset().AtStart()
		}
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(l.Servers...),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: starts}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), // the last ones of a partition
	)
	if err != nil {
		return 0, fmt.Errorf("count %s: make client: %w", topic, err)
	}
	defer client.Close()
	count := int64(0)
	for len(starts) > 0 {
		fetches := client.PollFetches(ctx)
		for _, e := range fetches.Errors() {
			return count, fmt.Errorf("count %s/%d: %w", e.Topic, e.Partition, e.Err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() {
				count++
			}
			if r.Offset == ends[r.Partition]-1 {
				delete(starts, r.Partition)
			}
		})
	}
	return count, nil
}
