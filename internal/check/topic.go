package check

import (
	"context"
	"errors"
	"fmt"
	"math"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/initproducerid"
	"github.com/segmentio/kafka-go/protocol/metadata"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// unknownOperations is what brokers answer that were not asked, or don't know.
const unknownOperations = math.MinInt32

func (r *run) topics(m *metadata.Response) {
	switch {
	case r.Write && r.Topics == nil:
		r.skip("topic", "", "records decide on their topic")
	case r.Match != nil && len(m.Topics) == 0:
		r.skip("topic", "", "none matches topicsRegex, or may be seen; those that come later are read")
	}
	for i := range m.Topics {
		t := &m.Topics[i]
		if r.topic(t) {
			r.allowed(t)
		}
	}
}

// topic reports whether a topic can be used.
func (r *run) topic(t *metadata.ResponseTopic) bool {
	err := cluster.CodeError(t.ErrorCode)
	switch {
	case errors.Is(err, kafkago.UnknownTopicOrPartition) && r.Write && r.Create:
		r.skip("topic", t.Name, "it does not exist; the first record creates it (topicAutoCreate), which needs the permission to Create")
		return false
	case errors.Is(err, kafkago.UnknownTopicOrPartition) && r.Write:
		r.fail("topic", t.Name, "it does not exist", "create it, set topicAutoCreate, or correct topic: "+r.command("kafka-topics.sh", "--create", "--topic", t.Name))
		return false
	case errors.Is(err, kafkago.UnknownTopicOrPartition):
		r.fail("topic", t.Name, "it does not exist", "create it, or correct topics (a source waits for a topic that does not exist yet): "+r.command("kafka-topics.sh", "--create", "--topic", t.Name))
		return false
	case errors.Is(err, kafkago.TopicAuthorizationFailed):
		r.fail("topic", t.Name, err.Error(), r.allow(acl.OnTopics("Describe", t.Name)))
		return false
	case err != nil:
		r.fail("topic", t.Name, err.Error(), "look at the topic: "+r.command("kafka-topics.sh", "--describe", "--topic", t.Name))
		return false
	}
	for _, p := range t.Partitions {
		if p.LeaderID < 0 {
			r.fail("topic", t.Name, fmt.Sprintf("partition %d has no leader", p.PartitionIndex),
				"the brokers that have the partition are down: start one of them")
			return false
		}
	}
	r.ok("topic", t.Name, plural(len(t.Partitions), "partition"))
	return true
}

// allowed reports whether the topic's records may be read, or written.
func (r *run) allowed(t *metadata.ResponseTopic) {
	step, first := "read", Operation{"Read", cluster.ReadBit}
	if r.Write {
		step, first = "write", Operation{"Write", cluster.WriteBit}
	}
	r.may(step, t, first)
	for _, o := range r.Also {
		if t.Name != r.ProgressTopic {
			r.may(o.Name, t, o)
		}
	}
}

func (r *run) may(step string, t *metadata.ResponseTopic, o Operation) {
	switch operations := t.TopicAuthorizedOperations; {
	case operations == unknownOperations || operations == 0:
		r.skip(step, t.Name, "brokers before Kafka 2.3 do not tell what is allowed")
	case operations&(1<<o.Bit) == 0:
		r.fail(step, t.Name, "an ACL is missing, or denies it", r.allow(acl.OnTopics(o.Name, t.Name)))
	default:
		r.ok(step, t.Name, "allowed")
	}
}

// producerID asks for a producer ID. That leaves no trace but that the next one is
// another.
func (r *run) producerID(ctx context.Context, client *cluster.Client) {
	const step = "producer ID"
	ctx, cancel := context.WithTimeout(ctx, r.Connection.RequestTimeout)
	defer cancel()
	m, err := cluster.WhileRetriable(ctx, patience, func(ctx context.Context) (*initproducerid.Response, error) {
		m, from, err := client.AskAny(ctx, &initproducerid.Request{TransactionTimeoutMs: math.MaxInt32, ProducerID: -1, ProducerEpoch: -1})
		if err != nil {
			return nil, err
		}
		res := m.(*initproducerid.Response)
		if err := cluster.CodeError(res.ErrorCode); err != nil {
			return nil, fmt.Errorf("broker %s: %w", from, err)
		}
		return res, nil
	})
	switch {
	case errors.Is(err, kafkago.ClusterAuthorizationFailed):
		r.fail(step, "", err.Error(), r.allow(acl.OnCluster("IdempotentWrite"))+" (or allow Write on the topic)")
	case err != nil:
		r.fail(step, "", err.Error(), "look into the log of the brokers; a producer ID is needed unless idempotent is false")
	default:
		r.ok(step, "", fmt.Sprint(m.ProducerID))
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
