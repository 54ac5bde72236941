// Package groupadmin is what an operator asks of a consumer group: where it stands, who is
// in it, and to move its offsets while nobody is. The terms are those of
// kafka-consumer-groups.sh.
package groupadmin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Admin asks about one group. It is not a member.
type Admin struct {
	Client  *cluster.Client
	GroupID string
	// ReadCommitted makes the last stable offset the end to which the group is reset: what
	// a transaction that is open has written comes after it.
	ReadCommitted bool
}

// Standing is where a group stands.
type Standing struct {
	group.Description
	Partitions []Partition // by topic and partition
}

// Partition is where a group stands in a partition. Offsets are -1 where there is none, or
// where they are not known.
type Partition struct {
	message.TopicPartition
	Committed int64                    // the next record to read
	Start     int64                    // the first record in the log
	End       int64                    // the high watermark
	Member    *group.MemberDescription // that has the partition; nil: none
	Err       error                    // why its offsets are not known
}

// Lag is the number of records, and of gaps between offsets, after what is committed; -1 if
// it is not known.
func (p *Partition) Lag() int64 {
	if p.Committed < 0 || p.End < 0 {
		return -1
	}
	return max(0, p.End-p.Committed)
}

// name is that of the partition, or of its topic if that has none.
func (p *Partition) name() string {
	if p.Partition < 0 {
		return p.Topic
	}
	return fmt.Sprintf("%s/%d", p.Topic, p.Partition)
}

// Describe finds out where the group stands in the partitions of topics, and in others
// for which it has committed an offset or which a member has.
func (a *Admin) Describe(ctx context.Context, topics []string) (Standing, error) {
	var s Standing
	var err error
	if s.Description, err = a.members(ctx); err != nil {
		return s, err
	}
	committed, err := a.committed(ctx, nil)
	if err != nil {
		return s, err
	}
	of := make(map[message.TopicPartition]*group.MemberDescription)
	named := slices.Clone(topics)
	for i := range s.Members {
		for topic, ids := range s.Members[i].Partitions {
			named = append(named, topic)
			for _, id := range ids {
				of[message.TopicPartition{Topic: topic, Partition: id}] = &s.Members[i]
			}
		}
	}
	for topic := range committed {
		named = append(named, topic)
	}
	slices.Sort(named)
	found, err := a.topics(ctx, slices.Compact(named))
	if err != nil {
		return s, err
	}
	whole := func(topic string) bool { return slices.Contains(topics, topic) }
	s.Partitions = partitions(found, whole, committed, of)
	a.ends(ctx, s.Partitions)
	return s, nil
}

// partitions lists those of the topics that are named whole, and of others those of which
// the group has something.
func partitions(found map[string]cluster.Topic, whole func(string) bool, committed group.Offsets, of map[message.TopicPartition]*group.MemberDescription) []Partition {
	var out []Partition
	for name, t := range found {
		ids := t.IDs()
		for id := range committed[name] {
			if _, there := t.Partition(id); !there {
				ids = append(ids, id)
			}
		}
		if len(ids) == 0 && whole(name) {
			out = append(out, Partition{message.TopicPartition{Topic: name, Partition: -1}, -1, -1, -1, nil, cmp.Or(t.Err, errNoPartitions)})
		}
		for _, id := range ids {
			p := Partition{message.TopicPartition{Topic: name, Partition: id}, -1, -1, -1, nil, t.Err}
			if o, ok := committed[name][id]; ok {
				p.Committed = o.At
			}
			if _, there := t.Partition(id); !there && p.Err == nil {
				p.Err = errNoPartition
			}
			if p.Member = of[p.TopicPartition]; whole(name) || p.Committed >= 0 || p.Member != nil {
				out = append(out, p)
			}
		}
	}
	slices.SortFunc(out, func(a, b Partition) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return out
}

var (
	errNoPartitions = errors.New("the topic has no partitions")
	errNoPartition  = errors.New("the topic has no such partition")
)

// ends asks for both ends of each log.
func (a *Admin) ends(ctx context.Context, all []Partition) {
	at := make(map[message.TopicPartition]*Partition)
	var queries []cluster.OffsetQuery
	for i := range all {
		if p := &all[i]; p.Err == nil {
			at[p.TopicPartition] = p
			queries = append(queries, cluster.OffsetQuery{Topic: p.Topic, Partition: p.Partition, Timestamp: cluster.Earliest},
				cluster.OffsetQuery{Topic: p.Topic, Partition: p.Partition, Timestamp: cluster.Latest})
		}
	}
	for _, answer := range a.offsets(ctx, false, queries) {
		p := at[message.TopicPartition{Topic: answer.Topic, Partition: answer.Partition}]
		switch {
		case answer.Err != nil:
			p.Err = answer.Err
		case answer.Timestamp == cluster.Earliest:
			p.Start = answer.Offset
		default:
			p.End = answer.Offset
		}
	}
}
