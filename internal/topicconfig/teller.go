package topicconfig

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

const (
	// maxAge is how old what is known of a topic may be when its records are handed out. It
	// is also how often the same is told again: a record that says it may not arrive.
	maxAge = time.Minute
	// unknownPatience is how long records of a topic wait until its configuration is known, and
	// knownPatience until it is known again.
	unknownPatience = 10 * time.Second
	knownPatience   = 2 * time.Second
)

// Teller says in batches of records what their topics are like. It has one caller at a time.
type Teller struct {
	client *cluster.Client
	warn   func(msg string, err error)
	topics map[string]*known
	maxAge time.Duration // for the sake of tests
	warned string        // the last warning, which is not repeated
}

// known is what is known of a topic.
type known struct {
	Topic
	asked time.Time // when its configuration was asked for last
	tell  bool      // its next batch is to say it
}

// NewTeller returns a teller that has asked for nothing yet.
func NewTeller(client *cluster.Client, warn func(msg string, err error)) *Teller {
	return &Teller{client: client, warn: warn, topics: make(map[string]*known), maxAge: maxAge}
}

// Try returns an error if the login may see the configuration of none of the topics, and goes
// on to be refused for as long as patience. What can't be known now is left to Tell.
func (t *Teller) Try(ctx context.Context, names []string, patience time.Duration) error {
	const enough = 10
	if names = names[:min(len(names), enough)]; len(names) == 0 {
		return nil
	}
	return cluster.WhileDenied(ctx, patience, func(ctx context.Context) error {
		found, err := describe(ctx, t.client, names)
		if err != nil {
			return nil //nolint:nilerr // an outage: Tell asks again
		}
		refused := refusedOf(found)
		if len(refused) < len(names) {
			return nil
		}
		return t.explain(found[refused[0]].err, refused)
	}, func(err error) { t.warn("ask for the configuration of topics, trying again", err) })
}

// refusedOf lists the topics whose configuration the login may not see, sorted.
func refusedOf(found map[string]described) []string {
	var out []string
	for name, d := range found {
		if acl.Refused(d.err) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func (t *Teller) explain(err error, topics []string) error {
	return fmt.Errorf("copyTopicConfigs: %w", t.client.Explain(err, acl.OnTopics("DescribeConfigs", topics...)))
}

// Tell sets the TopicConfigs of the first batch of each topic, and of one more whenever what
// it says has changed or is a minute old. Brokers are asked once a minute for each topic, and
// when it has a new partition. It waits for them, for ten seconds at most; what they don't say by then is a warning.
func (t *Teller) Tell(ctx context.Context, batches []message.Batch) {
	t.ask(ctx, t.outdated(batches))
	for i := range batches {
		b := &batches[i]
		k := t.topics[b.Topic]
		if k == nil || len(b.Records) == 0 {
			continue
		}
		if k.grown(b) { // brokers did not say so
			k.Partitions, k.tell = b.Partition+1, true
		}
		if k.tell {
			b.TopicConfigs, k.tell = k.String(), false
		}
	}
}

// grown reports whether a batch is of a partition that the topic did not have.
func (k *known) grown(b *message.Batch) bool { return k.Partitions > 0 && b.Partition >= k.Partitions }

// outdated lists the topics of batches of which too little is known, or too old.
func (t *Teller) outdated(batches []message.Batch) []string {
	var out []string
	for i := range batches {
		b := &batches[i]
		k := t.topics[b.Topic]
		if len(b.Records) > 0 && (k == nil || k.grown(b) || time.Since(k.asked) >= t.maxAge) && !slices.Contains(out, b.Topic) {
			out = append(out, b.Topic)
		}
	}
	return out
}

// partitions is how many a topic has, as far as the client knows; 0: it doesn't.
func (t *Teller) partitions(topic string) int32 {
	if now, ok := t.client.Cached(topic); ok && now.Err == nil {
		return int32(len(now.Partitions))
	}
	return 0
}

// ask brings up to date what is known of topics.
func (t *Teller) ask(ctx context.Context, names []string) {
	if len(names) == 0 {
		return
	}
	patience := knownPatience
	if slices.ContainsFunc(names, func(name string) bool { return t.topics[name] == nil }) {
		patience = unknownPatience
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found, err := cluster.WhileRetriable(limited, patience, func(ctx context.Context) (map[string]described, error) {
		found, err := describe(ctx, t.client, names)
		if err == nil {
			err = t.missing(found)
		}
		return found, err
	})
	if err != nil && ctx.Err() == nil {
		t.warnOnce(err)
	}
	for _, name := range names {
		t.note(name, found[name])
	}
	if refused := refusedOf(found); len(refused) > 0 {
		t.warnOnce(t.explain(found[refused[0]].err, refused))
	}
}

// missing returns an error if a topic whose records are handed out for the first time is
// unknown to the broker that was asked, which may not have heard of it yet.
func (t *Teller) missing(found map[string]described) error {
	for name, d := range found {
		if t.topics[name] == nil && errors.Is(d.err, kafkago.UnknownTopicOrPartition) {
			return fmt.Errorf("topic %q: %w", name, d.err)
		}
	}
	return nil
}

// note takes what brokers say of a topic, if anything. What they don't say stays as it was.
func (t *Teller) note(name string, d described) {
	k := t.topics[name]
	if k == nil {
		k = &known{Topic: Topic{Name: name}}
		t.topics[name] = k
	}
	k.asked, k.tell, k.Partitions = time.Now(), true, t.partitions(name)
	switch {
	case d.err == nil && d.configs != nil:
		k.Configs, k.Defaults = d.configs, d.defaults
	case d.err != nil && !acl.Refused(d.err) && !errors.Is(d.err, kafkago.UnknownTopicOrPartition):
		t.warnOnce(fmt.Errorf("topic %q: %w", name, d.err))
	}
}

func (t *Teller) warnOnce(err error) {
	if text := err.Error(); text != t.warned {
		t.warned = text
		t.warn("ask for the configuration of topics that copyTopicConfigs is to copy", err)
	}
}
