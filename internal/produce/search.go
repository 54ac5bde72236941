package produce

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// search looks for the topics of one Send that metadata doesn't know: those that are
// new, and those that are gone. It asks for all of them with one request, and creates
// those that are missing with another.
type search struct {
	producer *Producer
	lost     map[string]*lost             // topics that brokers don't know, or won't tell of
	short    map[lack]*cluster.Insistence // topics that are said to lack a partition
	retry    *attempts                    // of requests that are not answered; nil: they are not counted
}

// lost is a topic that brokers don't know.
type lost struct {
	creation
	unknown  cluster.Insistence // of brokers that don't know it: since it was created, if it was
	patience time.Duration
	denied   error              // the last answer, if that was a denial
	denials  cluster.Insistence // in a row
	final    error              // why it is of no use to wait any longer; nil: wait
}

// again asks who leads the partitions of a plan that are left, unless that is known, and
// looks for those of its topics that are gone. What is of no use to wait for has its error afterwards.
func (s *search) again(ctx context.Context, pl *plan) error {
	if pl.redirected() {
		return nil
	}
	names := pl.unsettledTopics()
	if err := s.round(ctx, names); err != nil {
		return err
	}
	for _, q := range pl.queues {
		if len(q.batches) == 0 {
			continue
		}
		if l := s.lost[q.Topic]; l != nil && l.final != nil {
			q.err, q.fatal = s.failed([]string{q.Topic}, l.final), true
		} else if t, _ := s.producer.client.Cached(q.Topic); errors.As(q.err, new(*NoPartitionError)) && int(q.Partition) >= len(t.Partitions) {
			q.fatal = s.lacks(lack{q.Topic, len(t.Partitions)})
		}
	}
	return nil
}

// round asks for topics once, and has those created that brokers don't know. Its error
// is that of asking.
func (s *search) round(ctx context.Context, names []string) error {
	refresh := s.producer.client.Refresh
	for _, name := range names {
		if l := s.lost[name]; l != nil && l.byBroker {
			refresh = s.producer.client.RefreshOrCreate
		}
	}
	var topics map[string]cluster.Topic
	err := s.producer.question(ctx, s.retry.last(), func(ctx context.Context) (err error) {
		topics, err = refresh(ctx, names)
		return err
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		switch err := topics[name].Err; {
		case errors.Is(err, kafkago.UnknownTopicOrPartition):
			s.lose(name).admit()
		case acl.Refused(err):
			s.deny(s.lose(name), err)
		case err != nil && !cluster.Retriable(err):
			s.lose(name).final = err
		default:
			delete(s.lost, name)
			s.producer.missing.forget(lack{topic: name})
			s.producer.denied.forget(right{name, toSee})
		}
	}
	s.create(ctx)
	for _, name := range names {
		if l := s.lost[name]; l != nil && l.waited() && l.unknown.Again() >= l.patience {
			s.giveUp(l)
		}
	}
	return nil
}

// deny notes that a broker does not tell of a topic, as the login may not see it.
func (s *search) deny(l *lost, err error) {
	l.denied = s.producer.explainDenied(err, l.name)
	if s.producer.believes(&l.denials, right{l.name, toSee}) {
		l.final = l.denied
	}
}

// admit notes that a broker would tell of a topic.
func (l *lost) admit() { l.denied, l.denials = nil, cluster.Insistence{} }

// waited reports whether a topic can be expected to show: its creation was asked for
// with success, or it is not for this producer to create.
func (l *lost) waited() bool {
	return l.final == nil && l.denied == nil && (!l.Create || l.done || l.exists)
}

// lose notes that brokers don't know a topic.
func (s *search) lose(name string) *lost {
	l := s.lost[name]
	if l == nil {
		l = &lost{creation: creation{NewTopics: s.producer.cfg.NewTopics, name: name}, patience: s.producer.patience}
		l.Create = l.Create && name != l.Except
		if !l.Create && s.producer.missing.lately(lack{topic: name}) {
			l.patience = 0
		}
		if s.lost == nil {
			s.lost = make(map[string]*lost)
		}
		s.lost[name] = l
	}
	return l
}

// giveUp says why a topic is not there, after it was waited for in vain.
func (s *search) giveUp(l *lost) {
	s.producer.missing.note(lack{topic: l.name})
	l.final = l.explain()
}

// explain says why a topic is not there that was waited for.
func (l *lost) explain() error {
	if l.denied != nil {
		return l.denied
	}
	return l.creation.explain()
}

// failed is the error of topics that are not found.
func (s *search) failed(names []string, err error) error {
	const enough = 5
	quoted := make([]string, 0, enough)
	for _, name := range names[:min(len(names), enough)] {
		quoted = append(quoted, fmt.Sprintf("%q", name))
	}
	text := strings.Join(quoted, ", ")
	switch more := len(names) - enough; {
	case more > 0:
		return fmt.Errorf("find topics %s and %d more: %w", text, more, err)
	case len(names) > 1:
		return fmt.Errorf("find topics %s: %w", text, err)
	}
	return fmt.Errorf("find topic %s: %w", text, err)
}
