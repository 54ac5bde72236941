package produce

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// find waits until metadata knows the topic and the partition of the first message. It
// asks for the topics of all messages. Its error is why that is of no use.
func (s *search) find(ctx context.Context, messages []message.Message) error {
	m := &messages[0]
	retry := s.producer.attempts()
	s.retry = retry
	defer func() { s.retry = nil }()
	soon := cluster.NewRetry(20*time.Millisecond, 500*time.Millisecond)
	for {
		names := s.unknown(messages)
		if l := s.lost[m.Topic]; l != nil && l.final != nil {
			return s.failed([]string{m.Topic}, l.final)
		}
		if len(names) == 0 { // somebody else has asked
			return nil
		}
		var wait bool
		err := s.round(ctx, names)
		switch l := s.lost[m.Topic]; {
		case err != nil && !cluster.Retriable(err):
			return s.failed(names, err)
		case err != nil:
			s.producer.cfg.Warn("look for topics, trying again", err)
			if wait = retry.waitFor(ctx, err); !wait && ctx.Err() != nil && l != nil {
				err = s.outOfTime(ctx, l) // which is known from an earlier round
			} else {
				err = retry.explain(err)
			}
		case l == nil:
			t, _ := s.producer.client.Cached(m.Topic)
			if err = s.problem(t, m); err == nil {
				return nil
			}
			var none *NoPartitionError
			if errors.As(err, &none) {
				wait = !s.lacks(lack{m.Topic, none.Count}) && soon.Wait(ctx)
			} else {
				wait = retry.waitFor(ctx, err)
				err = retry.explain(err)
			}
		case l.final == nil:
			if l.denied != nil {
				s.producer.cfg.Warn(fmt.Sprintf("find topic %q, trying again", m.Topic), l.denied)
				wait = retry.waitFor(ctx, l.denied)
			} else if l.asked != nil {
				s.producer.cfg.Warn(fmt.Sprintf("create topic %q, trying again", m.Topic), l.asked)
				wait = retry.waitFor(ctx, l.asked)
			} else {
				wait = soon.Wait(ctx)
			}
			if !wait {
				err = retry.explain(s.outOfTime(ctx, l))
			}
		default:
			wait = true // and return its error
		}
		if !wait {
			return s.failed(names, err)
		}
	}
}

// problem says what a topic that brokers know lacks for a message: partitions, or the
// message's own.
func (s *search) problem(t cluster.Topic, m *message.Message) error {
	switch {
	case t.Err != nil:
		return t.Err
	case len(t.Partitions) == 0:
		return kafkago.LeaderNotAvailable
	case int(m.Partition) >= len(t.Partitions):
		return &NoPartitionError{Topic: m.Topic, Partition: m.Partition, Count: len(t.Partitions)}
	}
	return nil
}

// outOfTime says why a topic is not there although it could be waited for.
func (s *search) outOfTime(ctx context.Context, l *lost) error {
	if errors.Is(context.Cause(ctx), errTimeIsUp) && l.denied == nil {
		s.giveUp(l) // the next Send would wait as long
	}
	return l.explain()
}

// lacks reports whether a topic has no more partitions than are known. One that was
// added a moment ago is not known to all brokers. All that are missing are waited for
// together.
func (s *search) lacks(l lack) bool {
	said := s.short[l]
	if said == nil {
		said = new(cluster.Insistence)
		if s.short == nil {
			s.short = make(map[lack]*cluster.Insistence)
		}
		s.short[l] = said
	}
	if !s.producer.missing.lately(l) && said.Again() < s.producer.patience {
		return false
	}
	s.producer.missing.note(l)
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
