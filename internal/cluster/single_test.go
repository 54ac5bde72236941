package cluster

import "context"

// ListOffset is ListOffsets for one partition.
func (c *Client) ListOffset(ctx context.Context, topic string, partition int32, timestamp int64, readCommitted bool) (offset int64, err error) {
	c.ListOffsets(ctx, readCommitted, []OffsetQuery{{topic, partition, timestamp}}, func(answers []OffsetAnswer) {
		offset, err = answers[0].Offset, answers[0].Err
	})
	return offset, err
}

// EpochEnd is EpochEnds for one partition.
func (c *Client) EpochEnd(ctx context.Context, topic string, partition, epoch int32) (end int64, err error) {
	c.EpochEnds(ctx, []EpochQuery{{topic, partition, epoch}}, func(answers []EpochAnswer) {
		end, err = answers[0].End, answers[0].Err
	})
	return end, err
}
