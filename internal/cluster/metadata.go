package cluster

import (
	"context"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/metadata"
)

// Topic is what metadata says of a topic.
type Topic struct {
	Name       string
	Err        error // a Kafka error, such as kafkago.UnknownTopicOrPartition
	Internal   bool
	Partitions []Partition // by ID, ascending
	AsOf       time.Time   // when it was asked for
}

// Partition is what metadata says of a partition.
type Partition struct {
	ID          int32
	Leader      int32 // node ID, -1 while there is none
	LeaderEpoch int32 // -1 where the broker does not tell (before Kafka 2.1)
	Err         error
}

// Partition finds a partition by its ID.
func (t Topic) Partition(id int32) (Partition, bool) {
	i, ok := slices.BinarySearchFunc(t.Partitions, id, func(p Partition, id int32) int { return int(p.ID - id) })
	if !ok {
		return Partition{}, false
	}
	return t.Partitions[i], true
}

// Refresh asks for the metadata of topics, all topics where names is nil, and
// remembers it. Errors of single topics are in their Err. With create, brokers
// that allow it create the missing ones.
func (c *Client) Refresh(ctx context.Context, names []string, create bool) (map[string]Topic, error) {
	req := &metadata.Request{TopicNames: names, AllowAutoTopicCreation: create}
	m, err := c.Any(ctx, req)
	if err != nil {
		return nil, err
	}
	res := m.(*metadata.Response)
	topics := make(map[string]Topic, len(res.Topics))
	for i := range res.Topics {
		topics[res.Topics[i].Name] = newTopic(&res.Topics[i])
	}

	c.mu.Lock()
	moved := false
	for _, b := range res.Brokers {
		addr := joinAddr(b.Host, b.Port)
		old, known := c.brokers[b.NodeID]
		moved = moved || known && old != addr
		c.brokers[b.NodeID] = addr
	}
	for name, t := range topics {
		c.topics[name] = t
	}
	c.mu.Unlock()
	if moved {
		c.dropStale()
	}
	return topics, nil
}

// Cached is what the last Refresh said of a topic.
func (c *Client) Cached(name string) (Topic, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.topics[name]
	return t, ok
}

func newTopic(r *metadata.ResponseTopic) Topic {
	t := Topic{
		Name:       r.Name,
		Err:        CodeError(r.ErrorCode),
		Internal:   r.IsInternal,
		AsOf:       time.Now(),
		Partitions: make([]Partition, len(r.Partitions)),
	}
	for i, p := range r.Partitions {
		t.Partitions[i] = Partition{ID: p.PartitionIndex, Leader: p.LeaderID, LeaderEpoch: p.LeaderEpoch, Err: CodeError(p.ErrorCode)}
	}
	slices.SortFunc(t.Partitions, func(a, b Partition) int { return int(a.ID - b.ID) })
	return t
}

// CodeError turns an error code of the protocol into an error, 0 into nil.
func CodeError(code int16) error {
	if code == 0 {
		return nil
	}
	return kafkago.Error(code)
}
