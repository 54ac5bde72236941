package cluster

import (
	"context"
	"fmt"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/listoffsets"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Timestamps that ask for the ends of a log instead of a time.
const (
	Latest   int64 = -1
	Earliest int64 = -2
)

// OffsetQuery asks for an offset of a partition.
type OffsetQuery struct {
	Topic     string
	Partition int32
	// Timestamp, in milliseconds, asks for the first record at or after it; Latest and
	// Earliest ask for an end of the log.
	Timestamp int64
}

// OffsetAnswer is the answer to a query.
type OffsetAnswer struct {
	OffsetQuery
	Offset      int64 // -1: there is no such record
	LeaderEpoch int32 // of the record at Offset, or of the leader at an end of the log; -1 unknown
	Err         error // names the partition
}

// ListOffsets asks the leaders of partitions, as metadata has them, for offsets. With
// readCommitted, Latest is the last stable offset: the first record of the oldest open
// transaction.
//
// Each leader gets one request (more where a partition is asked about more than once),
// all at the same time. found is called with the answers of one request after the
// other, in the order in which they come; each query has one answer. ListOffsets
// returns after the last of them, soon after ctx ends.
func (c *Client) ListOffsets(ctx context.Context, readCommitted bool, queries []OffsetQuery, found func([]OffsetAnswer)) {
	ask := func(ctx context.Context, conn *wire.Conn, questions []question[OffsetQuery]) ([]OffsetAnswer, error) {
		return c.listOffsets(ctx, conn, readCommitted, questions)
	}
	of := func(q OffsetQuery) partitionKey { return partitionKey{q.Topic, q.Partition} }
	askLeaders(ctx, c, queries, of, ask, noOffset, found)
}

func noOffset(q OffsetQuery, err error) OffsetAnswer {
	return OffsetAnswer{OffsetQuery: q, Offset: -1, LeaderEpoch: -1, Err: fmt.Errorf("list offset of %s/%d: %w", q.Topic, q.Partition, err)}
}

func (c *Client) listOffsets(ctx context.Context, conn *wire.Conn, readCommitted bool, questions []question[OffsetQuery]) ([]OffsetAnswer, error) {
	req := &listoffsets.Request{ReplicaID: -1, Topics: byTopic(questions,
		func(topic string) listoffsets.RequestTopic { return listoffsets.RequestTopic{Topic: topic} },
		func(t *listoffsets.RequestTopic, q question[OffsetQuery]) {
			t.Partitions = append(t.Partitions, listoffsets.RequestPartition{Partition: q.id, CurrentLeaderEpoch: q.epoch, Timestamp: q.query.Timestamp})
		})}
	if readCommitted {
		req.IsolationLevel = 1
	}
	msg, err := conn.RoundTrip(ctx, req)
	if err != nil {
		return nil, err
	}
	const firstWithEpochs = 4
	version, _ := conn.Version(protocol.ListOffsets)
	answers := make(map[partitionKey]listoffsets.ResponsePartition)
	for _, t := range msg.(*listoffsets.Response).Topics {
		for _, p := range t.Partitions {
			if version < firstWithEpochs {
				p.LeaderEpoch = -1
			}
			answers[partitionKey{t.Topic, p.Partition}] = p
		}
	}
	out := make([]OffsetAnswer, len(questions))
	for i, q := range questions {
		p, ok := answers[q.partitionKey]
		switch err := CodeError(p.ErrorCode); {
		case !ok:
			out[i] = noOffset(q.query, errUnmentioned)
		case err != nil:
			out[i] = noOffset(q.query, c.Explain(err, acl.OnTopics("Read", q.query.Topic)))
		default:
			out[i] = OffsetAnswer{OffsetQuery: q.query, Offset: p.Offset, LeaderEpoch: p.LeaderEpoch}
		}
	}
	return out, nil
}

// HighWatermarks asks the leaders of partitions, as metadata has them, how far
// their logs go, and gives each answer to found. Partitions without one are left
// out.
func (c *Client) HighWatermarks(ctx context.Context, partitions map[string][]int32, found func(topic string, partition int32, offset int64)) {
	var queries []OffsetQuery
	for topic, ids := range partitions {
		for _, id := range ids {
			queries = append(queries, OffsetQuery{topic, id, Latest})
		}
	}
	c.ListOffsets(ctx, false, queries, func(answers []OffsetAnswer) {
		for _, a := range answers {
			if a.Err == nil {
				found(a.Topic, a.Partition, a.Offset)
			}
		}
	})
}
