package produce

import (
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
)

// A broker that has just started may not know its ACLs yet. So a denial is believed only
// once brokers have repeated it for some time, and nothing else. From then on another one
// is believed at once, for a while: records that may not be written must not hold up the
// others each time.

// right is what a login may be denied.
type right struct {
	topic string // "" is any
	to    string // a verb
}

const (
	toSee    = "see"
	toCreate = "create"
	toWrite  = "write"
)

// isDenied reports whether an error says that the login lacks a right.
func isDenied(err error) bool {
	return errors.Is(err, kafkago.TopicAuthorizationFailed) || errors.Is(err, kafkago.ClusterAuthorizationFailed)
}

// believes reports whether a denial, which is one more of those that were heard, is to be
// believed.
func (p *Producer) believes(heard *insistence, r right) bool {
	if heard.again() < p.patience && !p.denied.lately(r) {
		return false
	}
	p.denied.note(r)
	return true
}

// mayWrite notes that what was planned is written, and so was allowed.
func (p *Producer) mayWrite(pl *plan) {
	for _, t := range pl.topics {
		p.denied.forget(right{t.Name, toWrite})
	}
}

// explainDenied says which right is denied with a topic, and how to grant it.
func (p *Producer) explainDenied(err error, topic string) error {
	if errors.Is(err, kafkago.ClusterAuthorizationFailed) {
		return fmt.Errorf("set idempotent to false, or allow what brokers older than Kafka 2.8 want beside the right to write: %w", p.client.Explain(err, acl.OnCluster("IdempotentWrite")))
	}
	return p.client.Explain(err, acl.OnTopics("Write", topic))
}

// insistence is for how long brokers have been saying the same. What they say is asked
// for about once a second or more often. Longer gaps, in which none could be asked or none
// answered, count as one second.
type insistence struct {
	last time.Time // when it was said last; zero: never
	held time.Duration
}

const longestGap = time.Second

// again notes that the same is said now, and returns for how long it has been.
func (i *insistence) again() time.Duration {
	now := time.Now()
	if !i.last.IsZero() {
		i.held += min(now.Sub(i.last), longestGap)
	}
	i.last = now
	return i.held
}
