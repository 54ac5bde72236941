package consumer

import (
	"context"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/offsets"
)

// Next returns batches that are there, waiting for the first. It has one caller.
func (c *Consumer) Next(ctx context.Context, max int) ([]message.Batch, error) {
	wait, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.open, cancel)()
	batches, err := c.next(wait, max)
	if err != nil && ctx.Err() == nil && c.closing.Load() {
		return nil, ErrClosed
	}
	return batches, err
}

func (c *Consumer) next(ctx context.Context, max int) ([]message.Batch, error) {
	for {
		room, err := c.awaitRoom(ctx)
		if err != nil {
			return nil, err
		}
		batches, err := c.fetcher.Next(ctx, min(max, room))
		if err != nil {
			return nil, err
		}
		kept := c.deliver(batches)
		c.fetcher.Settle()
		if len(kept) > 0 {
			return kept, nil
		}
	}
}

// Beyond this many unacknowledged records, or a batch of the source if that is more,
// their keys, values and headers may have no more than this many bytes. Up to there
// their size does not count: batches are acknowledged as a whole.
const (
	fewUncommitted      = 100_000
	maxUncommittedBytes = 64 << 20
)

// awaitRoom waits until there are few enough unacknowledged records, or until the
// fetcher has an error to tell.
func (c *Consumer) awaitRoom(ctx context.Context) (int, error) {
	wait, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)()
	room, err := c.tracker.WaitRoom(wait, offsets.Limit{Records: c.cfg.MaxUncommitted, Bytes: maxUncommittedBytes, Few: max(fewUncommitted, c.cfg.BatchSize)})
	if err != nil && ctx.Err() == nil {
		return 1, nil
	}
	return room, err
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
