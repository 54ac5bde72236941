package produce

import (
	"context"
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/createtopics"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// NewTopics is what to do about topics that are missing.
type NewTopics struct {
	Create            bool
	Partitions        int // 0: as many as the brokers give (num.partitions)
	ReplicationFactor int // 0: the brokers' (default.replication.factor)
}

// creation is that of one missing topic.
type creation struct {
	NewTopics
	producer *Producer
	name     string
	// byBroker lets brokers create the topic that are set to do so when they are
	// asked for it, with their defaults.
	byBroker bool
	asked    error // the last answer to the request to create it
	done     bool
}

func (p *Producer) newCreation(name string) *creation {
	c := &creation{NewTopics: p.cfg.NewTopics, producer: p, name: name}
	c.byBroker = c.Create && c.Partitions == 0 && c.ReplicationFactor == 0
	return c
}

// create asks for the topic, unless it was asked for with success. Its error is
// one that will stay.
func (c *creation) create(ctx context.Context) error {
	if !c.Create || c.done {
		return nil
	}
	c.asked = c.request(ctx)
	switch {
	case c.asked == nil, errors.Is(c.asked, kafkago.TopicAlreadyExists):
		c.done, c.asked = true, nil
	case c.byBroker && c.withoutDefaults():
		c.done = true // it remains to wait whether the brokers do it by themselves
	case !cluster.Retriable(c.asked):
		return fmt.Errorf("it does not exist; create it: %w", c.asked)
	}
	return nil
}

// withoutDefaults tells whether the brokers are older than Kafka 2.4 (KIP-464) and
// want numbers in the request.
func (c *creation) withoutDefaults() bool {
	return errors.Is(c.asked, kafkago.InvalidPartitionNumber) || errors.Is(c.asked, kafkago.InvalidReplicationFactor)
}

func (c *creation) request(ctx context.Context) error {
	number := func(n int) int {
		if n == 0 {
			return -1
		}
		return n
	}
	msg, err := c.producer.client.Controller(ctx, &createtopics.Request{
		Topics: []createtopics.RequestTopic{{
			Name:              c.name,
			NumPartitions:     int32(number(c.Partitions)),
			ReplicationFactor: int16(number(c.ReplicationFactor)),
		}},
		TimeoutMs: int32(c.producer.cfg.RequestTimeout.Milliseconds()),
	})
	if err != nil {
		return err
	}
	topics := msg.(*createtopics.Response).Topics
	if len(topics) == 0 {
		return errors.New("the broker's answer is empty")
	}
	err = cluster.CodeError(topics[0].ErrorCode)
	if err != nil && topics[0].ErrorMessage != "" {
		err = fmt.Errorf("%w (%s)", err, topics[0].ErrorMessage)
	}
	return advise(err)
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

// explain is about a topic that was waited for in vain.
func (c *creation) explain(err error) error {
	switch {
	case !c.Create:
		return fmt.Errorf("it does not exist, and topicAutoCreate is off: create it, or correct the topic setting: %w", err)
	case c.asked != nil:
		return fmt.Errorf("it does not exist; create it: %w", c.asked)
	}
	return fmt.Errorf("it was created %s ago and no broker knows it yet: %w", unknownTopicPatience, err)
}
