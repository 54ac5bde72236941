package produce

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/createtopics"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// Try asks for what each Send will need: a producer ID, if batches are numbered, and the
// right to write to the topic, or to create it if it is missing and that is to be done,
// unless topic is empty. It returns an error if that is refused, and goes on to be for as
// long as patience, since a broker that has just started may not know its ACLs yet. What
// can't be known now, because brokers did not answer for most of that time, is left to
// Send. It has the caller of Send.
func (p *Producer) Try(ctx context.Context, topic string, patience time.Duration) error {
	return cluster.WhileDenied(ctx, patience, func(ctx context.Context) error {
		return p.refused(ctx, topic)
	}, func(err error) { p.cfg.Warn("try to write, trying again", err) })
}

func (p *Producer) refused(ctx context.Context, topic string) error {
	if topic != "" {
		if err := p.refusedTopic(ctx, topic); err != nil {
			return err
		}
	}
	if !p.idempotent() || p.sequences.ready() || p.cfg.Transactions != nil {
		return nil
	}
	id, epoch, err := initProducerID(ctx, p.client)
	switch {
	case err == nil:
		p.sequences.begin(id, epoch)
	case !cluster.Retriable(err):
		return p.explainProducerID(err)
	}
	return nil
}

func (p *Producer) refusedTopic(ctx context.Context, topic string) error {
	topics, err := p.client.Refresh(ctx, []string{topic})
	if err != nil {
		if cluster.Retriable(err) {
			return nil
		}
		return fmt.Errorf("find topic %q: %w", topic, err)
	}
	switch err := topics[topic].Err; {
	case errors.Is(err, kafkago.TopicAuthorizationFailed):
		return fmt.Errorf("find topic %q: %w", topic, p.explainDenied(err, topic))
	case errors.Is(err, kafkago.UnknownTopicOrPartition) && p.cfg.NewTopics.Create:
		if err := p.refusedCreation(ctx, topic); err != nil {
			return fmt.Errorf("find topic %q: it does not exist; create it: %w", topic, err)
		}
	case err == nil:
		forbidden, err := p.client.Forbidden(ctx, []string{topic}, cluster.WriteBit)
		if err == nil && len(forbidden) > 0 {
			return fmt.Errorf("write to topic %q: %w", topic, p.explainDenied(kafkago.TopicAuthorizationFailed, topic))
		}
	}
	return nil
}

// refusedCreation returns an error if the login may not create a topic. It asks the
// controller to look at the request, and to create nothing.
func (p *Producer) refusedCreation(ctx context.Context, topic string) error {
	c := creation{NewTopics: p.cfg.NewTopics, name: topic}
	req := &createtopics.Request{Topics: []createtopics.RequestTopic{c.request()}, ValidateOnly: true, TimeoutMs: 1000}
	msg, err := p.client.Controller(ctx, req)
	if err != nil {
		return nil //nolint:nilerr // Send says why, if it stays
	}
	for _, t := range msg.(*createtopics.Response).Topics {
		if err := cluster.CodeError(t.ErrorCode); t.Name == topic && acl.Refused(err) {
			return p.advise(err, topic)
		}
	}
	return nil
}
