package consumer

import (
	"context"
	"fmt"
	"maps"
	"slices"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// lesson is what was found out to start partitions.
type lesson struct {
	topics    map[string]cluster.Topic // those that are described as they should be
	starts    group.Partitions         // of those, that can be started
	committed group.Offsets            // for these
	missing   error                    // what is missing of the others; nil where there are none
}

// learn finds out what is to be known of topics: from the notes of commits, or, at
// the group's first start, from what is there. A topic that did not exist when this
// consumer started is all new, and one that the group has passed over. A broker may
// know less than the rest of the cluster: then something is missing. waits says that the
// other partitions of a topic wait for one that is.
func (s *starter) learn(ctx context.Context, p group.Partitions, waits bool) (l lesson, err error) {
	found, err := s.client.Refresh(ctx, s.withResumed(p.Topics()))
	if err != nil {
		return l, err
	}
	l.committed, err = s.committedIn(ctx, p, found)
	if err = leaveOut(found, err); err != nil {
		return l, err
	}
	if err := s.confirm(ctx, found, l.committed); err != nil {
		return l, err
	}
	for _, topic := range s.topics.noteIDs(found) {
		s.cfg.Info(fmt.Sprintf("topic %q was deleted and made again: reading it from its first record", topic))
	}
	l.topics, l.starts = make(map[string]cluster.Topic), group.Partitions{}
	for name, ids := range p {
		there, err := described(found[name], ids)
		if err == nil && !s.member.Holds(name, found[name].ID) {
			there, err = nil, notAssigned(name)
		}
		if err != nil {
			if l.missing = s.client.Explain(err, acl.OnTopics("Read", name)); !retriable(err) {
				return l, err
			}
			s.deny(err, name, ids...)
		}
		if len(there) > 0 && (err == nil || !waits) {
			l.topics[name], l.starts[name] = found[name], there
		}
	}
	s.lookBack(found, l.committed)
	return l, s.learnTopics(ctx, l)
}

// committedIn asks for what the group has committed for partitions to start, and for
// all partitions of topics of which nothing is known yet.
func (s *starter) committedIn(ctx context.Context, p group.Partitions, found map[string]cluster.Topic) (group.Offsets, error) {
	asked := group.Partitions{}
	for name, ids := range p {
		if there, _ := described(found[name], ids); len(there) > 0 {
			asked[name] = there
		}
	}
	for _, name := range s.topics.unknown(slices.Collect(maps.Keys(asked))) {
		asked[name] = found[name].IDs()
	}
	if asked = s.withResumedPartition(asked, found); len(asked) == 0 {
		return group.Offsets{}, nil
	}
	return s.committed(ctx, asked)
}

// described returns the partitions that metadata describes of those which the group has
// assigned, and says what it lacks; nil for nothing.
func described(t cluster.Topic, ids []int32) (there []int32, err error) {
	if t.Err != nil {
		return nil, fmt.Errorf("topic %q: %w", t.Name, t.Err)
	}
	for _, id := range ids {
		if _, ok := t.Partition(id); ok {
			there = append(there, id)
		} else {
			err = fmt.Errorf("%s/%d: %w", t.Name, id, kafkago.UnknownTopicOrPartition)
		}
	}
	return there, err
}

// learnTopics takes over what the group has committed for topics of which nothing is
// known yet.
func (s *starter) learnTopics(ctx context.Context, l lesson) (err error) {
	unknown, old := s.topics.unknown(slices.Collect(maps.Keys(l.topics))), false
	if !s.cfg.FromBeginning && slices.ContainsFunc(unknown, func(t string) bool { return nothingIn(l.committed[t]) }) {
		if old, err = s.newToGroup(ctx); err != nil {
			return err
		}
	}
	for _, topic := range unknown {
		count, remade := int32(len(l.topics[topic].Partitions)), s.cfg.remade(l.topics[topic])
		if s.cfg.isMissing(topic) || old && nothingIn(l.committed[topic]) {
			count = 0
		}
		for _, o := range l.committed[topic] {
			n, ok := readNote(o.Metadata)
			if ok {
				count = n.partitions
				s.topics.readSince(n)
			}
			remade = remade || ofAnother(l.topics[topic].ID, o)
		}
		s.topics.set(topic, count, remade)
	}
	return nil
}

// remade reports whether a topic is another one than the last that was read before this
// process, or than the one that was there as the source opened. Kafka deletes a topic's
// offsets with it, so that the group may have none that tell.
func (c *Config) remade(t cluster.Topic) bool {
	if slices.ContainsFunc(c.resumes(), func(r Resume) bool { return r.Topic == t.Name && differ(r.TopicID, t.ID) }) {
		return true
	}
	return slices.ContainsFunc(t.Partitions, func(p cluster.Partition) bool {
		end, ok := c.ends[message.TopicPartition{Topic: t.Name, Partition: p.ID}]
		return ok && differ(end.topicID, t.ID)
	})
}

// nothingIn reports whether none of the offsets is committed.
func nothingIn(parts map[int32]group.Offset) bool {
	for _, o := range parts {
		if o.At >= 0 {
			return false
		}
	}
	return true
}
