package produce

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

// NewTopics is what to do about topics that are missing.
type NewTopics struct {
	Create            bool
	Partitions        int // 0: as many as the brokers give (num.partitions)
	ReplicationFactor int // 0: the brokers' (default.replication.factor)
	Configs           []TopicConfig
	// Except is a topic that is not created, whatever Create says; "": none. It is for the
	// caller to create, as it is to be another than these. Where it is missing, the error is
	// ErrExcepted.
	Except string
}

// ErrExcepted says that the topic is missing which is not for the producer to create.
var ErrExcepted = errors.New("it does not exist")

// TopicConfig is a setting of a topic, by Kafka's name of it, such as cleanup.policy.
type TopicConfig struct{ Name, Value string }

// asBrokersDo reports whether new topics are to be as those that a broker creates by
// itself when they are looked up, if it is configured to.
func (n NewTopics) asBrokersDo() bool {
	return n.Create && n.Partitions == 0 && n.ReplicationFactor == 0 && len(n.Configs) == 0
}

// creation is that of one missing topic.
type creation struct {
	NewTopics
	name    string
	asked   error              // the last answer to the request to create it
	refused cluster.Insistence // of brokers that say the login may not
	done    bool               // the controller has created it
	exists  bool               // the controller says that it is there, or has not created it in time
	slow    error              // that it has not
	after   time.Time          // when it may be asked again
	// byBroker says that it is left to brokers that create topics when they are looked up.
	byBroker bool
}

// askAgain is how long a topic may take to show before its creation is asked for again.
const askAgain = 500 * time.Millisecond

// create requests all missing topics that have not been created yet. Errors that are
// not retriable are final.
func (s *search) create(ctx context.Context) {
	var ask []*lost
	now := time.Now()
	for _, l := range s.lost {
		if l.Create && !l.done && l.final == nil && l.denied == nil && !now.Before(l.after) {
			ask = append(ask, l)
		}
	}
	for some := range slices.Chunk(ask, s.producer.cfg.NewTopics.atOnce()) {
		s.createThese(ctx, some)
	}
}

// createThese requests topics at once, or by halves if the controller says that they are
// too many.
func (s *search) createThese(ctx context.Context, some []*lost) {
	codes, err := s.producer.requestTopics(ctx, some, s.retry.last())
	if half := len(some) / 2; half > 0 && err == nil && tooMany(codes[some[0].name]) {
		s.createThese(ctx, some[:half])
		s.createThese(ctx, some[half:])
		return
	}
	for _, l := range some {
		l.asked = err
		if err == nil {
			l.asked = codes[l.name]
		}
		s.judge(l)
	}
}

// judge takes the answer to the request.
func (s *search) judge(l *lost) {
	switch {
	case l.asked == nil:
		s.producer.denied.forget(right{l.name, toCreate})
		l.done = true
		s.expect(l)
	case errors.Is(l.asked, kafkago.TopicAlreadyExists), errors.Is(l.asked, kafkago.RequestTimedOut):
		// So it will show: it has been created, and brokers need longer to learn of it. Or
		// it is just being deleted, or was not created in time: ask once more.
		l.slow = nil
		if errors.Is(l.asked, kafkago.RequestTimedOut) {
			l.slow = l.asked
		}
		l.asked, l.after = nil, time.Now().Add(askAgain)
		if !l.exists {
			l.exists = true
			s.expect(l)
		}
	case l.asBrokersDo() && l.withoutDefaults():
		l.done, l.byBroker, l.unknown = true, true, cluster.Insistence{}
	case acl.Refused(l.asked) && !s.producer.believes(&l.refused, right{l.name, toCreate}):
	case !cluster.Retriable(l.asked):
		l.final = fmt.Errorf("it does not exist; create it: %w", l.asked)
	}
}

// expect has a topic waited for from now on. Brokers that make the logs of many topics
// show none of them meanwhile: that is as an outage, unless it was in vain lately.
func (s *search) expect(l *lost) {
	l.unknown = cluster.Insistence{}
	if !s.producer.missing.lately(lack{topic: l.name}) {
		l.patience = max(l.patience, s.producer.cfg.OutageTimeout)
	}
}

// withoutDefaults reports whether the brokers are older than Kafka 2.4 (KIP-464) and
// want numbers in the request.
func (c *creation) withoutDefaults() bool {
	return errors.Is(c.asked, kafkago.InvalidPartitionNumber) || errors.Is(c.asked, kafkago.InvalidReplicationFactor)
}

// explain says why a topic is not there that was waited for.
func (c *creation) explain() error {
	const unknown = kafkago.UnknownTopicOrPartition
	switch {
	case c.name == c.Except:
		return fmt.Errorf("%w: %w", ErrExcepted, unknown)
	case !c.Create:
		return fmt.Errorf("it does not exist, and topicAutoCreate is off: create it, or correct the topic setting: %w", unknown)
	case c.asked != nil:
		return fmt.Errorf("it does not exist; create it: %w", c.asked)
	case c.slow != nil:
		return fmt.Errorf("the controller did not create it in time, or no broker knows it: %w", c.slow)
	case !c.done:
		return fmt.Errorf("the controller says that it exists, and no broker knows it: %w", unknown)
	}
	return fmt.Errorf("it was created, and no broker knows it yet: %w", unknown)
}
