package groupadmin

import (
	"context"
	"errors"
	"fmt"
	"strings"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/group"
)

// ActiveError says that a group can't be reset because it has members: the next commit of
// one would undo it.
type ActiveError struct {
	GroupID string
	State   string
	Members []group.MemberDescription
}

func (e *ActiveError) Error() string {
	return fmt.Sprintf("group %q is %s, and only one without members can be reset%s: stop the pipelines that read as this group, on all machines, and try again",
		e.GroupID, strings.ToLower(e.State), e.who())
}

// named is how many members an error names.
const named = 5

func (e *ActiveError) who() string {
	if len(e.Members) == 0 {
		return ""
	}
	var list []string
	for _, m := range e.Members[:min(len(e.Members), named)] {
		list = append(list, fmt.Sprintf("%s at %s", m.ID, m.Host))
	}
	if more := len(e.Members) - named; more > 0 {
		list = append(list, fmt.Sprintf("and %d more", more))
	}
	return ", which has " + strings.Join(list, ", ")
}

// Inactive returns an *ActiveError if a group has members.
func (a *Admin) Inactive(d group.Description) error {
	if len(d.Members) == 0 && (d.State == "Empty" || d.State == "Dead") {
		return nil
	}
	return &ActiveError{a.GroupID, d.State, d.Members}
}

// Reset commits where the moves lead, without a note: consumers of this kind leave one with
// each commit, so that its lack shows them that somebody has put the group there, whatever
// the position says which Conduit holds. The coordinator refuses it if the group has got a
// member since it was described; then the error is an *ActiveError, and nothing has changed.
func (a *Admin) Reset(ctx context.Context, moves []Move) error {
	offsets := group.Offsets{}
	for _, m := range moves {
		offsets.Set(m.Topic, m.Partition, group.Offset{At: m.To, LeaderEpoch: -1})
	}
	if len(moves) == 0 {
		return nil
	}
	member := a.member()
	_, err := answered(ctx, func(ctx context.Context) (group.Offsets, error) {
		// A commit that was carried out though its answer was lost says the same again.
		return member.CommitAlone(ctx, offsets)
	})
	if err == nil {
		return a.verify(ctx, offsets)
	}
	if code := kafkago.Error(0); errors.As(err, &code) { // which one depends on the protocol of the members
		if d, derr := a.members(ctx); derr == nil && a.Inactive(d) != nil {
			return a.Inactive(d)
		}
	}
	return err
}

// verify looks whether the group stands where it was put: a commit that a frozen broker
// carries out late may have come after it.
func (a *Admin) verify(ctx context.Context, want group.Offsets) error {
	asked := group.Partitions{}
	for topic, ids := range want {
		for id := range ids {
			asked.Add(topic, id)
		}
	}
	got, err := a.committed(ctx, asked)
	if err != nil {
		return fmt.Errorf("the offsets were committed; look whether they are there: %w", err)
	}
	for topic, ids := range want {
		for id, o := range ids {
			if at := got[topic][id].At; at != o.At {
				return fmt.Errorf("%s/%d: %d was committed, and the group stands at %d: somebody else commits for it", topic, id, o.At, at)
			}
		}
	}
	return nil
}

// Select returns the partitions that are chosen: topics whole, by partition nil, or some
// partitions of them. The error names what is not there.
func Select(all []Partition, chosen map[string][]int32) ([]Partition, error) {
	if len(chosen) == 0 {
		return all, nil
	}
	seen := group.Partitions{}
	var out []Partition
	for _, p := range all {
		ids, ok := chosen[p.Topic]
		if ok && (ids == nil || group.Partitions(chosen).Has(p.Topic, p.Partition)) {
			out = append(out, p)
			seen.Add(p.Topic, p.Partition)
		}
	}
	var errs []error
	for topic, ids := range chosen {
		if len(seen[topic]) == 0 && ids == nil {
			errs = append(errs, fmt.Errorf("%s: the source does not read such a topic, and the group has committed nothing for it", topic))
		}
		for _, id := range (group.Partitions{topic: ids}).Minus(seen)[topic] {
			errs = append(errs, fmt.Errorf("%s/%d: the source reads no such partition", topic, id))
		}
	}
	return out, errors.Join(errs...)
}
