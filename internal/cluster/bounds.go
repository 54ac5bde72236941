package cluster

import "context"

// Bounds asks the leader of a partition where its log begins and ends.
func (c *Client) Bounds(ctx context.Context, topic string, partition int32) (begin, end int64, err error) {
	c.ListOffsets(ctx, false, []OffsetQuery{{topic, partition, Earliest}, {topic, partition, Latest}}, func(answers []OffsetAnswer) {
		for _, a := range answers {
			switch {
			case a.Err != nil:
				err = a.Err
			case a.Timestamp == Earliest:
				begin = a.Offset
			default:
				end = a.Offset
			}
		}
	})
	return begin, end, err
}
