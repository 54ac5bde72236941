package cluster

import (
	"context"
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// ErrNoEpochs says that a broker does not know where the records of a leader
// epoch end, may not say it, or is too old to be asked.
var ErrNoEpochs = errors.New("the broker doesn't tell where leader epochs end")

// EpochQuery asks where the records of a leader epoch end.
type EpochQuery struct {
	Topic     string
	Partition int32
	Epoch     int32
}

// EpochAnswer is the answer to a query.
type EpochAnswer struct {
	EpochQuery
	End int64
	Err error // ErrNoEpochs, or one that names the partition
}

// EpochEnds asks the leaders of partitions, as metadata has them, where the records of
// a leader epoch, or of the last one before it, end in their logs. A reader that is
// past that has read records which are gone (KIP-320). The leaders are asked, and found
// is called, as by ListOffsets.
func (c *Client) EpochEnds(ctx context.Context, queries []EpochQuery, found func([]EpochAnswer)) {
	of := func(q EpochQuery) partitionKey { return partitionKey{q.Topic, q.Partition} }
	askLeaders(ctx, c, queries, of, epochEnds, noEpochEnd, found)
}

func noEpochEnd(q EpochQuery, err error) EpochAnswer {
	unsupported := (*wire.UnsupportedError)(nil)
	if errors.As(err, &unsupported) {
		err = ErrNoEpochs
	}
	if !errors.Is(err, ErrNoEpochs) {
		err = fmt.Errorf("find the end of leader epoch %d of %s/%d: %w", q.Epoch, q.Topic, q.Partition, err)
	}
	return EpochAnswer{EpochQuery: q, End: -1, Err: err}
}

func epochEnds(ctx context.Context, conn *wire.Conn, questions []question[EpochQuery]) ([]EpochAnswer, error) {
	req := &epochRequest{ReplicaID: -1, Topics: byTopic(questions,
		func(topic string) epochTopic { return epochTopic{Topic: topic} },
		func(t *epochTopic, q question[EpochQuery]) {
			t.Partitions = append(t.Partitions, epochPartition{Partition: q.id, CurrentLeaderEpoch: q.epoch, LeaderEpoch: q.query.Epoch})
		})}
	msg, err := conn.RoundTrip(ctx, req)
	if err != nil {
		return nil, err
	}
	answers := make(map[partitionKey]epochAnswer)
	for _, t := range msg.(*epochResponse).Topics {
		for _, a := range t.Partitions {
			answers[partitionKey{t.Topic, a.Partition}] = a
		}
	}
	out := make([]EpochAnswer, len(questions))
	for i, q := range questions {
		a, ok := answers[q.partitionKey]
		switch err := CodeError(a.ErrorCode); {
		case !ok:
			out[i] = noEpochEnd(q.query, errUnmentioned)
		case errors.Is(err, kafkago.TopicAuthorizationFailed), errors.Is(err, kafkago.ClusterAuthorizationFailed), err == nil && a.EndOffset < 0:
			out[i] = noEpochEnd(q.query, ErrNoEpochs) // a client that may not ask may still read
		case err != nil:
			out[i] = noEpochEnd(q.query, err)
		default:
			out[i] = EpochAnswer{EpochQuery: q.query, End: a.EndOffset}
		}
	}
	return out, nil
}
