package produce

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// Try asks for what each Send will need: a producer ID, if batches are numbered, and the
// topic, unless it is empty. It returns an error if that is refused, and goes on to be
// for as long as patience, since a broker that has just started may not know its ACLs
// yet. What can't be known now, and a topic that is missing, is left to Send. It has the
// caller of Send.
func (p *Producer) Try(ctx context.Context, topic string, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	retry := cluster.NewRetry(100*time.Millisecond, time.Second)
	for {
		err := p.refused(ctx, topic)
		if err == nil || !isDenied(err) || !retry.Wait(ctx) {
			return err
		}
		p.cfg.Warn("try to write, trying again", err)
	}
}

func (p *Producer) refused(ctx context.Context, topic string) error {
	if topic != "" {
		topics, err := p.client.Refresh(ctx, []string{topic}, false)
		switch {
		case err != nil && !cluster.Retriable(err):
			return fmt.Errorf("find topic %q: %w", topic, err)
		case err == nil && errors.Is(topics[topic].Err, kafkago.TopicAuthorizationFailed):
			return fmt.Errorf("find topic %q: the login may not see it: allow it WRITE: %w", topic, topics[topic].Err)
		}
	}
	if !p.idempotent() || p.sequences.ready() {
		return nil
	}
	id, epoch, err := initProducerID(ctx, p.client)
	switch {
	case err == nil:
		p.sequences.begin(id, epoch)
	case !cluster.Retriable(err):
		return explainProducerID(err)
	}
	return nil
}
