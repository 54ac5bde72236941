package consumer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// A broker that has just started may refuse a topic, or know no leader of it, as a source
// opens. What is written to the topic from then on must be read, though nobody told where
// its logs ended: FindEnds asks for some seconds, and after that time has to tell.

// describeTimeout bounds how long a topic is asked for that is refused: the login may
// lack the right to see it for good.
const describeTimeout = 5 * time.Second

// undescribed lists the topics that are to be read and may be there, though the broker
// does not describe them.
func (c *Config) undescribed(topics map[string]cluster.Topic) []string {
	var out []string
	for name, t := range topics {
		if t.Err != nil && !errors.Is(t.Err, kafkago.UnknownTopicOrPartition) && c.selects(t) {
			out = append(out, name)
		}
	}
	return out
}

// describe asks for topics until all are described, and returns those that are. It warns
// of the others. Brokers take turns.
func (c *Config) describe(ctx context.Context, client *cluster.Client, names []string) map[string]cluster.Topic {
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	out := make(map[string]cluster.Topic)
	var trouble error
	for retry := cluster.NewRetry(minStartRetry, maxStartRetry); len(names) > 0 && retry.Wait(ctx); {
		told, err := client.Refresh(ctx, names)
		if err != nil {
			trouble = err
			continue
		}
		for name, t := range told {
			if t.Err == nil {
				out[name] = t
			} else {
				trouble = client.Explain(t.Err, acl.OnTopics("Read", name))
			}
		}
		names = slices.DeleteFunc(names, func(name string) bool { _, ok := out[name]; return ok })
	}
	if len(names) > 0 && !errors.Is(ctx.Err(), context.Canceled) {
		slices.Sort(names)
		c.Group.Warn(fmt.Sprintf("find where the logs end: topics %q are read from %s on, unless the group has an offset", names, c.opened()), trouble)
	}
	return out
}

// opened is the time of the first record to read where nobody told where a log ended. It
// is before FindEnds: the clocks of those who write may be slow.
func (c *Config) opened() time.Time { return c.started.Add(-settleTime) }
