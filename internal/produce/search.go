package produce

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// search looks for the topics of one Send that metadata doesn't know: those that are
// new, and those that are gone. It asks for all of them with one request, and creates
// those that are missing with another.
type search struct {
	producer *Producer
	lost     map[string]*lost    // topics that brokers don't know, or won't tell of
	short    map[place]time.Time // since when topics are known to lack a partition
	retry    *attempts           // of requests that were not answered
	soon     *cluster.Retry
}

// lost is a topic that brokers don't know.
type lost struct {
	creation
	since    time.Time
	patience time.Duration
	final    error // why it is of no use to wait any longer; nil: wait
}

func (p *Producer) newSearch() *search {
	return &search{
		producer: p, lost: make(map[string]*lost), short: make(map[place]time.Time), retry: p.attempts(),
		soon: cluster.NewRetry(20*time.Millisecond, 500*time.Millisecond),
	}
}

// find waits until metadata knows the topic and the partition of the first message. It
// asks for the topics of all messages. Its error is why that is of no use.
func (s *search) find(ctx context.Context, messages []message.Message) error {
	m := &messages[0]
	for {
		names := s.unknown(messages)
		if l := s.lost[m.Topic]; l != nil && l.final != nil {
			return s.failed([]string{m.Topic}, l.final)
		}
		if len(names) == 0 { // somebody else has asked
			return nil
		}
		var wait bool
		err := s.round(ctx, names, s.producer.cfg.NewTopics.byBroker())
		switch l := s.lost[m.Topic]; {
		case err != nil && !cluster.Retriable(err):
			return s.failed(names, err)
		case err != nil:
			wait = s.retry.waitFor(ctx, err)
			err = s.retry.explain(err)
		case l == nil:
			t, _ := s.producer.client.Cached(m.Topic)
			if wait, err = s.await(ctx, t, m); wait && err == nil {
				return nil
			}
		case l.final == nil:
			if wait = s.soon.Wait(ctx); !wait {
				s.giveUp(l)
				err = l.final
			}
		default:
			wait = true // and return its error
		}
		if !wait {
			return s.failed(names, err)
		}
	}
}

// await waits a moment where a topic, which brokers know, lacks the partition of a
// message, or all. It returns false if that is of no use, and no error if there is
// nothing to wait for.
func (s *search) await(ctx context.Context, t cluster.Topic, m *message.Message) (bool, error) {
	at := place{m.Topic, m.Partition}
	switch {
	case t.Err != nil:
		return s.retry.waitFor(ctx, t.Err), s.retry.explain(t.Err)
	case len(t.Partitions) == 0:
		return s.retry.waitFor(ctx, kafkago.LeaderNotAvailable), s.retry.explain(kafkago.LeaderNotAvailable)
	case int(m.Partition) < len(t.Partitions):
		delete(s.producer.missing, at)
		return true, nil
	}
	err := &NoPartitionError{Topic: m.Topic, Partition: m.Partition, Count: len(t.Partitions)}
	return !s.lacks(at) && s.soon.Wait(ctx), err
}

// lacks reports whether a topic does not have a partition. One that was added a moment
// ago is not known to all brokers.
func (s *search) lacks(at place) bool {
	since, ok := s.short[at]
	if !ok {
		since = time.Now()
		s.short[at] = since
	}
	if !s.producer.missing.lately(at) && time.Since(since) < s.producer.patience {
		return false
	}
	s.producer.missing.note(at)
	return true
}

// unknown lists the topics of messages that metadata doesn't know, or lacks a partition
// of, and that are worth asking for.
func (s *search) unknown(messages []message.Message) []string {
	var names []string
	seen := make(map[string]bool)
	last := ""
	for i := range messages {
		m := &messages[i]
		if i > 0 && m.Topic == last && m.Partition < 0 {
			continue
		}
		last = m.Topic
		if l := s.lost[m.Topic]; seen[m.Topic] || l != nil && l.final != nil {
			continue
		}
		if t, ok := s.producer.known(m.Topic); !ok || int(m.Partition) >= len(t.Partitions) {
			seen[m.Topic] = true
			names = append(names, m.Topic)
		}
	}
	return names
}

// again asks who leads the partitions of a plan that are left, and looks for those of
// its topics that are gone. What is of no use to wait for has its error afterwards.
func (s *search) again(ctx context.Context, pl *plan) error {
	names := pl.unsettledTopics()
	if err := s.round(ctx, names, false); err != nil {
		return err
	}
	for _, q := range pl.queues {
		if len(q.batches) == 0 {
			continue
		}
		if l := s.lost[q.topic]; l != nil && l.final != nil {
			q.err, q.fatal = s.failed([]string{q.topic}, l.final), true
		} else if t, _ := s.producer.client.Cached(q.topic); errors.As(q.err, new(*NoPartitionError)) && int(q.id) >= len(t.Partitions) {
			q.fatal = s.lacks(place{q.topic, q.id})
		}
	}
	return nil
}

// round asks for topics once, and has those created that brokers don't know. Its error
// is that of asking.
func (s *search) round(ctx context.Context, names []string, byBroker bool) error {
	for _, name := range names {
		if l := s.lost[name]; l != nil && l.byBroker() {
			byBroker = true
		}
	}
	topics, err := s.producer.client.Refresh(ctx, names, byBroker)
	if err != nil {
		return err
	}
	for _, name := range names {
		switch err := topics[name].Err; {
		case errors.Is(err, kafkago.UnknownTopicOrPartition):
			s.lose(name)
		case err != nil && !cluster.Retriable(err):
			s.lose(name).final = err
		default:
			delete(s.lost, name)
			delete(s.producer.missing, place{name, message.PartitionAny})
		}
	}
	s.create(ctx)
	for _, l := range s.lost {
		if l.final == nil && time.Since(l.since) >= l.patience {
			s.giveUp(l)
		}
	}
	return nil
}

// lose notes that brokers don't know a topic.
func (s *search) lose(name string) *lost {
	l := s.lost[name]
	if l == nil {
		l = &lost{creation: creation{NewTopics: s.producer.cfg.NewTopics, name: name}, since: time.Now(), patience: s.producer.patience}
		if !l.Create && s.producer.missing.lately(place{name, message.PartitionAny}) {
			l.patience = 0
		}
		s.lost[name] = l
	}
	return l
}

// giveUp says why a topic is not there.
func (s *search) giveUp(l *lost) {
	s.producer.missing.note(place{l.name, message.PartitionAny})
	l.final = l.explain(kafkago.UnknownTopicOrPartition)
}

// failed is the error of topics that are not found.
func (s *search) failed(names []string, err error) error {
	const enough = 5
	quoted := make([]string, 0, enough)
	for _, name := range names[:min(len(names), enough)] {
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	text := strings.Join(slices.Compact(quoted), ", ")
	switch more := len(names) - enough; {
	case more > 0:
		return fmt.Errorf("find topics %s and %d more: %w", text, more, err)
	case len(names) > 1:
		return fmt.Errorf("find topics %s: %w", text, err)
	}
	return fmt.Errorf("find topic %s: %w", text, err)
}
