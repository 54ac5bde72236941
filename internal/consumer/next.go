package consumer

import (
	"context"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/offsets"
)

// Next returns batches that are there, waiting for the first. Its errors are final, apart
// from that of ctx. It has one caller.
func (c *Consumer) Next(ctx context.Context, max int) ([]message.Batch, error) {
	wait, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)()
	for {
		room, err := c.awaitRoom(wait)
		if err != nil {
			return nil, c.endOf(ctx, err)
		}
		batches, err := c.fetcher.Next(wait, min(max, room))
		if err != nil {
			return nil, c.endOf(ctx, err)
		}
		kept := c.deliver(batches)
		c.fetcher.Settle()
		if len(kept) > 0 {
			return kept, nil
		}
	}
}

// endOf returns why Next ends with err: ctx, the consumer or the fetcher has ended.
func (c *Consumer) endOf(ctx context.Context, err error) error {
	if ctx.Err() == nil && c.life.Err() != nil {
		return context.Cause(c.life)
	}
	return err
}

// Beyond this many unacknowledged records, or a batch of the source if that is more,
// their keys, values and headers may have no more than this many bytes. Up to there
// their size does not count: batches are acknowledged as a whole.
const (
	fewUncommitted      = 100_000
	maxUncommittedBytes = 64 << 20
)

// awaitRoom waits until there are few enough unacknowledged records.
func (c *Consumer) awaitRoom(ctx context.Context) (int, error) {
	return c.tracker.WaitRoom(ctx, offsets.Limit{Records: c.cfg.MaxUncommitted, Bytes: maxUncommittedBytes, Few: max(fewUncommitted, c.cfg.BatchSize)})
}

// deliver keeps the batches of assignments that last. Those without records
// move on what may be committed: past the markers of transactions, for instance.
func (c *Consumer) deliver(batches []message.Batch) []message.Batch {
	kept := batches[:0]
	for _, b := range batches {
		run := offsets.Run{
			Topic: b.Topic, Partition: b.Partition, Assignment: b.Assignment, TopicID: b.TopicID, Next: b.Next, LeaderEpoch: b.LeaderEpoch,
			Bytes: int64(b.Size),
		}
		ok := c.tracker.Deliver(run, func(yield func(int64) bool) {
			for i := range b.Records {
				if !yield(b.Records[i].Offset) {
					return
				}
			}
		})
		if ok && len(b.Records) > 0 {
			kept = append(kept, b)
		}
	}
	return kept
}
