package group

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// subscribe finds what this member subscribes to now: the topics that are named,
// and those that match. It reports whether that is something else than before.
func (s *session) subscribe(ctx context.Context) (changed bool, err error) {
	topics := s.cfg.Topics
	if s.cfg.Match != nil {
		all, err := s.client.Refresh(ctx, nil)
		if err != nil {
			return false, err
		}
		topics = cluster.Chosen(all, topics, s.cfg.Match)
	}
	if s.subscribed && slices.Equal(topics, s.topics) {
		return false, nil
	}
	if s.cfg.Match != nil {
		s.cfg.Info(fmt.Sprintf("group %q: reading %d topics, named or matching the pattern: %s", s.cfg.GroupID, len(topics), strings.Join(topics, ", ")))
	}
	s.topics, s.subscribed = topics, true
	return true, nil
}

// missingTopicInterval is how often the leader looks for topics that are named and
// don't exist yet.
const missingTopicInterval = time.Second

func (m *Member) metadataInterval() time.Duration {
	interval := m.cfg.MetadataInterval
	for _, t := range m.topics {
		if m.counts != nil && m.counts[t] == 0 {
			interval = min(missingTopicInterval, interval)
		}
	}
	if m.looks() {
		interval = min(max(time.Until(m.lookAt), 0), interval)
	}
	return interval
}

// topicsChanged reports whether the topics look different from what the assignment
// was made of: each member looks after its own subscription, the leader after the
// partitions of all.
func (m *Member) topicsChanged(ctx context.Context) bool {
	changed, err := false, error(nil)
	if m.cfg.Match != nil {
		changed, err = m.subscribe(ctx)
	}
	if !changed && err == nil {
		changed, err = m.partitionsChanged(ctx)
	}
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		m.cfg.Warn("look for new topics and partitions", err)
	}
	return changed
}

func (m *Member) partitionsChanged(ctx context.Context) (bool, error) {
	if m.counts == nil {
		return false, nil
	}
	topics := set(m.topics)
	for t := range m.counts {
		topics[t] = true
	}
	counts, err := m.partitionCounts(ctx, topics)
	return err == nil && !maps.Equal(counts, m.counts), err
}

// partitionCounts asks for the number of partitions of each topic. A topic that
// doesn't exist, or can't be seen, has none: it must not stop the others.
func (m *Member) partitionCounts(ctx context.Context, topics map[string]bool) (map[string]int32, error) {
	found, err := m.client.Refresh(ctx, slices.AppendSeq([]string{}, maps.Keys(topics)))
	if err != nil {
		return nil, err
	}
	counts := make(map[string]int32, len(found))
	for name, t := range found {
		if n := m.count(name, t); n > 0 {
			counts[name] = n
		}
	}
	return counts, nil
}

func (m *Member) count(name string, t cluster.Topic) int32 {
	n := int32(len(t.Partitions))
	switch {
	case n > 0:
		m.seen[name] = n
		delete(m.warned, name)
	case errors.Is(t.Err, kafkago.UnknownTopicOrPartition):
		m.seen[name] = 0
	default:
		// One that was there stays assigned, whatever a broker says instead of describing
		// it: one that has just started may not know its ACLs yet, and a rebalance would
		// hold up other topics.
		n = m.seen[name]
		if !cluster.Retriable(t.Err) {
			m.warnTopic(name, fmt.Errorf("find partitions of topic %q: %w", name, m.client.Explain(t.Err, acl.OnTopics("Read", name))))
		}
	}
	return n
}

// trouble is what was last said of a topic.
type trouble struct {
	text string
	at   time.Time
}

// warnAgain is when the same trouble of a topic is said again.
const warnAgain = time.Minute

func (s *session) warnTopic(name string, err error) {
	if last := s.warned[name]; last.text != err.Error() || time.Since(last.at) >= warnAgain {
		s.warned[name] = trouble{err.Error(), time.Now()}
		s.cfg.Warn("a topic can't be read", err)
	}
}
