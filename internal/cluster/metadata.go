package cluster

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/metadata"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Topic is what metadata says of a topic.
type Topic struct {
	Name       string
	ID         TopicID // zero where the broker does not say it (before Kafka 2.8)
	Err        error   // a Kafka error, such as kafkago.UnknownTopicOrPartition
	Internal   bool
	Partitions []Partition // by ID, ascending
	AsOf       time.Time   // when it was asked for
}

// TopicID tells a topic from a later one of the same name (KIP-516).
type TopicID [16]byte

// Partition is what metadata says of a partition.
type Partition struct {
	ID          int32
	Leader      int32 // node ID, -1 while there is none
	LeaderEpoch int32 // -1 where the broker does not say it (before Kafka 2.1)
	Err         error
}

// Partition finds a partition by its ID.
func (t Topic) Partition(id int32) (Partition, bool) {
	i, ok := slices.BinarySearchFunc(t.Partitions, id, byPartition)
	if !ok {
		return Partition{}, false
	}
	return t.Partitions[i], true
}

func byPartition(p Partition, id int32) int { return cmp.Compare(p.ID, id) }

// IDs lists the topic's partitions.
func (t Topic) IDs() []int32 {
	ids := make([]int32, len(t.Partitions))
	for i, p := range t.Partitions {
		ids[i] = p.ID
	}
	return ids
}

// view is what a broker says of its cluster.
type view struct {
	clusterID  string // empty where the broker does not say it
	brokers    []Endpoint
	controller int32
	topics     []Topic
}

// missing is what brokers do about topics that are missing.
type missing bool

const (
	leaveMissing  missing = false
	createMissing missing = true // if brokers allow it
)

// Refresh asks for the metadata of topics, all topics where names is nil, and
// remembers it. Errors of single topics are in their Err.
//
// What it returns is not older than what it returned before, as far as leader epochs,
// the number of partitions and topic IDs show, unless several brokers say the same.
// The broker that described the topics last is not the next to be asked about them, if
// there is a choice.
func (c *Client) Refresh(ctx context.Context, names []string) (map[string]Topic, error) {
	return c.refresh(ctx, c.candidatesAfter(c.toldOf(names)), names, leaveMissing)
}

// RefreshOrCreate is Refresh that has brokers create the topics that are missing, if they
// allow it (auto.create.topics.enable).
func (c *Client) RefreshOrCreate(ctx context.Context, names []string) (map[string]Topic, error) {
	return c.refresh(ctx, c.candidatesAfter(c.toldOf(names)), names, createMissing)
}

// refresh is Refresh that asks the brokers at the addresses, in their order.
func (c *Client) refresh(ctx context.Context, addrs, names []string, m missing) (map[string]Topic, error) {
	ask := func(ctx context.Context, conn *wire.Conn) (view, error) {
		return c.askMetadata(ctx, conn, names, m)
	}
	v, from, err := askAny(ctx, c, protocol.Metadata, addrs, ask)
	if err != nil {
		return nil, err
	}
	topics := v.byName(names)
	believed := c.confirm(ctx, topics, from)
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, t := range topics {
		c.told[name] = from
		topics[name] = c.learnLocked(t, believed[name])
	}
	if names == nil {
		c.toldAll = from
		c.forgetLocked(topics)
	}
	c.controller = v.controller
	c.listedLocked(v.brokers)
	return topics, nil
}

// byName is the topics of a view, with an error for those that were asked for and
// are not in it.
func (v view) byName(names []string) map[string]Topic {
	topics := make(map[string]Topic, len(v.topics))
	for _, name := range names {
		err := fmt.Errorf("the broker's answer does not mention it: %w", kafkago.UnknownTopicOrPartition)
		topics[name] = Topic{Name: name, Err: err, AsOf: time.Now()}
	}
	for _, t := range v.topics {
		if _, asked := topics[t.Name]; !asked && (names != nil || !legalTopic(t.Name)) {
			continue
		}
		slices.SortFunc(t.Partitions, func(a, b Partition) int { return cmp.Compare(a.ID, b.ID) })
		topics[t.Name] = t
	}
	return topics
}

// listedLocked makes the brokers that metadata lists those that are known.
func (c *Client) listedLocked(brokers []Endpoint) {
	if len(brokers) == 0 {
		return // then what is known is better than nothing
	}
	gone := false
	now := make(map[int32]string, len(brokers))
	for _, b := range brokers {
		if plausibleHost(b.Host) {
			now[b.Node] = joinAddr(b.Host, b.Port)
			c.named(now[b.Node])
		}
	}
	for id, addr := range c.brokers {
		gone = gone || now[id] != addr
	}
	if c.brokers = now; gone {
		c.dropStaleLocked()
	}
}

// askMetadata asks one broker, unless it turns out to belong to another cluster.
func (c *Client) askMetadata(ctx context.Context, conn *wire.Conn, names []string, m missing) (view, error) {
	v, err := askMetadata(ctx, conn, names, m)
	if err == nil {
		err = c.belongs(conn.Addr(), v.clusterID)
	}
	return v, err
}

// askMetadata asks one broker, for topic IDs too if it knows them.
func askMetadata(ctx context.Context, conn *wire.Conn, names []string, m missing) (view, error) {
	req := newMetadataRequest(names, m)
	if _, ok := conn.VersionOf(req); ok {
		frame, err := conn.Frame(ctx, req, 0)
		if err != nil {
			return view{}, err
		}
		return parseMetadata(frame)
	}
	res, err := conn.RoundTrip(ctx, &metadata.Request{TopicNames: names, AllowAutoTopicCreation: bool(m)})
	if err != nil {
		return view{}, err
	}
	version, _ := conn.Version(protocol.Metadata)
	return oldView(res.(*metadata.Response), version), nil
}

// Cached is what the last Refresh said of a topic.
func (c *Client) Cached(name string) (Topic, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.topics[name]
	return t, ok
}

// oldView reads the answer of a broker that doesn't know topic IDs.
func oldView(res *metadata.Response, version int16) view {
	const firstWithEpochs = 7
	v := view{clusterID: res.ClusterID, controller: res.ControllerID}
	for _, b := range res.Brokers {
		v.brokers = append(v.brokers, Endpoint{b.NodeID, b.Host, b.Port})
	}
	for _, rt := range res.Topics {
		t := Topic{Name: rt.Name, Err: CodeError(rt.ErrorCode), Internal: rt.IsInternal, AsOf: time.Now()}
		for _, p := range rt.Partitions {
			if version < firstWithEpochs {
				p.LeaderEpoch = -1
			}
			t.Partitions = append(t.Partitions, Partition{
				ID: p.PartitionIndex, Leader: p.LeaderID, LeaderEpoch: p.LeaderEpoch, Err: CodeError(p.ErrorCode),
			})
		}
		v.topics = append(v.topics, t)
	}
	return v
}
