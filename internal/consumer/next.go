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

// maxUncommittedBytes bounds what is kept about unacknowledged records. Their contents
// are not kept: whoever holds those until they are acknowledged bounds them, as Conduit
// does by waiting for its destinations.
const maxUncommittedBytes = 64 << 20

// awaitRoom waits until there are few enough unacknowledged records.
func (c *Consumer) awaitRoom(ctx context.Context) (int, error) {
	return c.tracker.WaitRoom(ctx, offsets.Limit{Records: c.cfg.MaxUncommitted, Bytes: maxUncommittedBytes, Few: c.cfg.BatchSize})
}

// deliver keeps the batches of assignments that last. Those without records
// move on what may be committed: past the markers of transactions, for instance.
func (c *Consumer) deliver(batches []message.Batch) []message.Batch {
	kept := batches[:0]
	for _, b := range batches {
		run := offsets.Run{
			Topic: b.Topic, Partition: b.Partition, Assignment: b.Assignment, TopicID: b.TopicID, Next: b.Next, LeaderEpoch: b.LeaderEpoch,
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
