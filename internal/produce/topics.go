package produce

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// unknownTopicPatience is how long a topic may stay unknown. One that was just
// created is so for a moment; others always will be.
const unknownTopicPatience = 5 * time.Second

// metadataMaxAge is how long new partitions may go unnoticed.
const metadataMaxAge = time.Minute

// topic returns a topic that has partitions, waiting for one that is just being
// created. Now and then it looks whether there are new ones.
func (p *Producer) topic(ctx context.Context, name string) (cluster.Topic, error) {
	if t, ok := p.client.Cached(name); ok && t.Err == nil && len(t.Partitions) > 0 {
		if time.Since(t.AsOf) < metadataMaxAge {
			return t, nil
		}
		if fresh, err := p.client.Refresh(ctx, []string{name}, false); err == nil && len(fresh[name].Partitions) > 0 {
			return fresh[name], nil
		}
		return t, nil
	}
	t, err := p.findTopic(ctx, name)
	if err != nil {
		return t, p.explain(ctx, fmt.Errorf("find topic %q: %w", name, err))
	}
	return t, nil
}

func (p *Producer) findTopic(ctx context.Context, name string) (cluster.Topic, error) {
	creation := p.newCreation(name)
	patience, cancel := context.WithTimeout(ctx, p.patience(name))
	defer cancel()
	soon := cluster.NewRetry(20*time.Millisecond, 500*time.Millisecond)
	retry := p.attempts()
	for {
		t, err := p.lookUp(ctx, name, creation.byBroker)
		switch {
		case err == nil:
			return t, nil
		case errors.Is(err, kafkago.UnknownTopicOrPartition):
			if err := creation.create(ctx); err != nil {
				return t, err
			}
			if !soon.Wait(patience) {
				p.missing.note(name)
				return t, creation.explain(err)
			}
		case !cluster.Retriable(err):
			return t, err
		case !retry.waitFor(ctx, err):
			return t, retry.explain(err)
		}
	}
}

func (p *Producer) lookUp(ctx context.Context, name string, create bool) (cluster.Topic, error) {
	topics, err := p.client.Refresh(ctx, []string{name}, create)
	if err != nil {
		return cluster.Topic{}, err
	}
	t := topics[name]
	if t.Err == nil && len(t.Partitions) == 0 {
		return t, kafkago.LeaderNotAvailable
	}
	return t, t.Err
}

// patience is how long to wait for a topic that is unknown.
func (p *Producer) patience(name string) time.Duration {
	if !p.cfg.NewTopics.Create && p.missing.lately(name) {
		return 0
	}
	return unknownTopicPatience
}

// missing are topics that were waited for in vain, and when: for a while they are
// looked up but once, so that records for them don't hold up those for others.
type missing map[string]time.Time

func (m missing) lately(name string) bool { return time.Since(m[name]) < metadataMaxAge }

func (m missing) note(name string) {
	const enough = 1000 // names, of which a template may make any number
	if len(m) >= enough {
		clear(m)
	}
	m[name] = time.Now()
}
