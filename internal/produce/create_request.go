package produce

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/createtopics"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// atOnce is how many topics one request may create. They had better be all of a Send:
// brokers show what was created together once, and before they make its logs; what comes
// after that has to wait for these. A controller refuses a request that makes more than
// 10,000 partitions, or records in its log: one for each topic and for each partition.
func (n NewTopics) atOnce() int {
	const records, often = 5000, 9 // partitions, where brokers decide
	return max(1, records/(1+cmp.Or(n.Partitions, often)))
}

// tooMany reports whether a controller refuses a request because of its size. It has only
// words for that: the code is that of a policy.
func tooMany(err error) bool {
	return errors.Is(err, kafkago.PolicyViolation) && strings.Contains(strings.ToLower(err.Error()), "excessively large")
}

// requestTopics asks for topics to be created, and returns what came of each by name.
func (p *Producer) requestTopics(ctx context.Context, topics []*lost, last bool) (map[string]error, error) {
	req := new(createtopics.Request)
	answers := make(map[string]error, len(topics))
	for _, l := range topics {
		req.Topics = append(req.Topics, l.request())
		answers[l.name] = errors.New("the broker's answer does not mention it")
	}
	res, err := p.askController(ctx, req, p.silence(controller, last))
	if err != nil {
		return nil, err
	}
	for _, t := range res.Topics {
		answers[t.Name] = p.advise(cluster.AnswerError(t.ErrorCode, t.ErrorMessage), t.Name)
	}
	return answers, nil
}

// request is what is asked of the controller.
func (c *creation) request() createtopics.RequestTopic {
	number := func(n int) int { return cmp.Or(n, -1) }
	t := createtopics.RequestTopic{Name: c.name, NumPartitions: int32(number(c.Partitions)), ReplicationFactor: int16(number(c.ReplicationFactor))}
	for _, config := range c.Configs {
		t.Configs = append(t.Configs, createtopics.RequestConfig{Name: config.Name, Value: config.Value})
	}
	return t
}

// askController waits for an answer for as long as the controller may be silent. For three
// quarters of that the controller may wait for its brokers, or put the request off. If
// that is too short, it gets longer the next time.
func (p *Producer) askController(ctx context.Context, req *createtopics.Request, silence time.Duration) (*createtopics.Response, error) {
	req.TimeoutMs = int32(max((silence - silence/4).Milliseconds(), 1))
	limited, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	began := time.Now()
	msg, err := p.client.Controller(limited, req)
	if err != nil {
		p.silences.note(controller, time.Since(began), err)
		return nil, err
	}
	res := msg.(*createtopics.Response)
	if slices.ContainsFunc(res.Topics, func(t createtopics.ResponseTopic) bool { return t.ErrorCode == int16(kafkago.RequestTimedOut) }) {
		err = context.DeadlineExceeded
	}
	p.silences.note(controller, time.Since(began), err)
	return res, nil
}

// advise adds the remedy to what brokers answer.
func (p *Producer) advise(err error, topic string) error {
	switch {
	case acl.Refused(err):
		return fmt.Errorf("create the topic yourself, or allow the login Create on the topic or on the cluster: %w", p.client.Explain(err, acl.OnTopics("Create", topic)))
	case errors.Is(err, kafkago.InvalidConfiguration):
		return fmt.Errorf("check topicConfigs: %w", err)
	case errors.Is(err, kafkago.PolicyViolation) && len(p.cfg.NewTopics.Configs) > 0:
		return fmt.Errorf("check topicPartitions, topicReplicationFactor and topicConfigs: %w", err)
	case errors.Is(err, kafkago.InvalidPartitionNumber), errors.Is(err, kafkago.InvalidReplicationFactor), errors.Is(err, kafkago.PolicyViolation):
		return fmt.Errorf("check topicPartitions and topicReplicationFactor: %w", err)
	}
	return err
}
