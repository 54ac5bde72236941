package progress

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// Watch notices when progress disappears from a topic while it is written: with the topic,
// by hand (DeleteRecords), by a cleanup.policy that somebody has changed, or in an unclean
// election.
type Watch struct {
	topic      string
	client     *cluster.Client
	id         cluster.TopicID // zero before Kafka 2.8
	begin, end int64
}

// Watch returns a watch of the topic as it is, which it asks for until ctx ends.
func (t *Topic) Watch(ctx context.Context) (*Watch, error) {
	w := &Watch{topic: t.Name, client: t.Client}
	retry := cluster.NewRetry(50*time.Millisecond, time.Second)
	for {
		err := w.look(ctx)
		if err == nil {
			return w, nil
		}
		if !cluster.Retriable(err) || !retry.Wait(ctx) {
			return nil, fmt.Errorf("look at progress topic %q: %w", t.Name, t.Client.Explain(err, acl.OnTopics("Read", t.Name)))
		}
	}
}

// Lost reports whether something has disappeared since the last call, or since there is the
// watch.
func (w *Watch) Lost(ctx context.Context) (bool, error) {
	before := *w
	switch err := w.look(ctx); {
	case errors.Is(err, kafkago.UnknownTopicOrPartition):
		return true, nil
	case err != nil:
		return false, err
	}
	var unknown cluster.TopicID
	remade := before.id != unknown && w.id != unknown && before.id != w.id
	return remade || w.begin > before.begin || w.end < before.end, nil
}

// look sets what is to be compared, all or nothing.
func (w *Watch) look(ctx context.Context) error {
	topics, err := w.client.Refresh(ctx, []string{w.topic})
	if err != nil {
		return err
	}
	if err := topics[w.topic].Err; err != nil {
		return err
	}
	now := Watch{topic: w.topic, client: w.client, id: topics[w.topic].ID}
	if now.begin, now.end, err = w.client.Bounds(ctx, w.topic, 0); err != nil {
		return err
	}
	*w = now
	return nil
}
