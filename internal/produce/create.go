package produce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/createtopics"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// NewTopics is what to do about topics that are missing.
type NewTopics struct {
	Create            bool
	Partitions        int // 0: as many as the brokers give (num.partitions)
	ReplicationFactor int // 0: the brokers' (default.replication.factor)
}

// byBroker reports whether a broker that is configured to create topics when they are
// looked up may do so, with its own defaults.
func (n NewTopics) byBroker() bool { return n.Create && n.Partitions == 0 && n.ReplicationFactor == 0 }

// creation is that of one missing topic.
type creation struct {
	NewTopics
	name    string
	asked   error      // the last answer to the request to create it
	refused insistence // of brokers that say the login may not
	done    bool       // the controller has created it
	exists  bool       // the controller says that it is there
}

// create requests all missing topics that have not been created yet. Errors that are
// not retriable are final.
func (s *search) create(ctx context.Context) {
	var ask []*lost
	for _, l := range s.lost {
		if l.Create && !l.done && l.final == nil && l.denied == nil {
			ask = append(ask, l)
		}
	}
	for some := range slices.Chunk(ask, s.producer.cfg.NewTopics.atOnce()) {
		codes, err := s.producer.requestTopics(ctx, some, s.retry.last())
		for _, l := range some {
			l.asked = err
			if err == nil {
				l.asked = codes[l.name]
			}
			s.judge(l)
		}
	}
}

// atOnce is how many topics one request may create. A controller refuses one that makes
// more than 10,000 records in its log: one for each topic and for each partition.
func (n NewTopics) atOnce() int {
	const records, unknown = 5000, 24 // partitions, where brokers decide
	return max(1, records/(1+cmp.Or(n.Partitions, unknown)))
}

// judge takes the answer to the request.
func (s *search) judge(l *lost) {
	switch {
	case l.asked == nil:
		l.done, l.unknown = true, insistence{}
	case errors.Is(l.asked, kafkago.TopicAlreadyExists):
		l.asked = nil // so it will show; or it is just being deleted: ask once more
		if !l.exists {
			l.exists, l.unknown = true, insistence{}
		}
	case l.byBroker() && l.withoutDefaults():
		l.done, l.unknown = true, insistence{} // it remains to wait whether the brokers do it by themselves
	case isDenied(l.asked) && !s.producer.believes(&l.refused, right{l.name, toCreate}):
	case !cluster.Retriable(l.asked):
		l.final = fmt.Errorf("it does not exist; create it: %w", l.asked)
	}
}

// withoutDefaults reports whether the brokers are older than Kafka 2.4 (KIP-464) and
// want numbers in the request.
func (c *creation) withoutDefaults() bool {
	return errors.Is(c.asked, kafkago.InvalidPartitionNumber) || errors.Is(c.asked, kafkago.InvalidReplicationFactor)
}

// requestTopics asks for topics to be created, and returns what came of each by name.
func (p *Producer) requestTopics(ctx context.Context, topics []*lost, last bool) (map[string]error, error) {
	number := func(n int) int { return cmp.Or(n, -1) }
	req := &createtopics.Request{TimeoutMs: int32(p.cfg.RequestTimeout.Milliseconds())}
	answers := make(map[string]error, len(topics))
	for _, l := range topics {
		req.Topics = append(req.Topics, createtopics.RequestTopic{
			Name:              l.name,
			NumPartitions:     int32(number(l.Partitions)),
			ReplicationFactor: int16(number(l.ReplicationFactor)),
		})
		answers[l.name] = errors.New("the broker's answer does not mention it")
	}
	var msg protocol.Message
	err := p.question(ctx, last, func(ctx context.Context) (err error) {
		msg, err = p.client.Controller(ctx, req)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, t := range msg.(*createtopics.Response).Topics {
		err := cluster.CodeError(t.ErrorCode)
		if err != nil && t.ErrorMessage != "" {
			err = fmt.Errorf("%w (%s)", err, printable.Text(t.ErrorMessage))
		}
		answers[t.Name] = advise(err)
	}
	return answers, nil
}

// advise adds the remedy to what brokers answer.
func advise(err error) error {
	switch {
	case errors.Is(err, kafkago.TopicAuthorizationFailed), errors.Is(err, kafkago.ClusterAuthorizationFailed):
		return fmt.Errorf("the login may not create topics: allow it CREATE on the topic or on the cluster, or create the topic yourself: %w", err)
	case errors.Is(err, kafkago.InvalidPartitionNumber), errors.Is(err, kafkago.InvalidReplicationFactor), errors.Is(err, kafkago.PolicyViolation):
		return fmt.Errorf("check topicPartitions and topicReplicationFactor: %w", err)
	}
	return err
}

// explain says why a topic is not there that was waited for.
func (c *creation) explain() error {
	const unknown = kafkago.UnknownTopicOrPartition
	switch {
	case !c.Create:
		return fmt.Errorf("it does not exist, and topicAutoCreate is off: create it, or correct the topic setting: %w", unknown)
	case c.asked != nil:
		return fmt.Errorf("it does not exist; create it: %w", c.asked)
	case !c.done:
		return fmt.Errorf("the controller says that it exists, and no broker knows it: %w", unknown)
	}
	return fmt.Errorf("it was created a moment ago and no broker knows it yet: %w", unknown)
}
