package produce

import (
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
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

// believes reports whether a denial, which is one more of those that were heard, is to be
// believed.
func (p *Producer) believes(heard *cluster.Insistence, r right) bool {
	if heard.Again() < p.patience && !p.denied.lately(r) {
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
