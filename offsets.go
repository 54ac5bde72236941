package kafka

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/groupadmin"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// GroupOffsets is where the consumer group of a source stands.
type GroupOffsets struct {
	GroupID string
	groupadmin.Standing
	// Position is how far Conduit has acknowledged partitions, as far as the position says
	// that it holds: the next offset of each.
	Position map[message.TopicPartition]int64
	// Moves is what a reset does, or has done.
	Moves []groupadmin.Move
}

// OffsetsReset is what ResetOffsets is to do.
type OffsetsReset struct {
	To groupadmin.Target
	// Topics chooses among the partitions of the source: topics, with nil for all of their
	// partitions. Empty: all that the source reads.
	Topics map[string][]int32
	// Execute makes the reset; otherwise it is only worked out.
	Execute bool
}

// DescribeOffsets finds out where the consumer group of a source with these settings
// stands. Position is the one that Conduit holds of it, empty if that is not known; it
// names the group where the settings do not. Nothing is changed.
func DescribeOffsets(ctx context.Context, settings map[string]string, position opencdc.Position) (GroupOffsets, error) {
	return aboutOffsets(ctx, settings, position, func(*groupadmin.Admin, []string, *GroupOffsets) error { return nil })
}

// ResetOffsets moves the committed offsets of a source's consumer group, which must have no
// members: otherwise the error is an *ActiveGroupError, also where nothing is executed. The
// source goes on from there, whatever its position says.
func ResetOffsets(ctx context.Context, settings map[string]string, position opencdc.Position, r OffsetsReset) (GroupOffsets, error) {
	return aboutOffsets(ctx, settings, position, func(a *groupadmin.Admin, topics []string, out *GroupOffsets) error {
		if err := a.Inactive(out.Description); err != nil {
			return err
		}
		chosen := r.Topics
		if len(chosen) == 0 {
			chosen = make(map[string][]int32)
			for _, topic := range topics {
				chosen[topic] = nil
			}
			maps.Copy(chosen, topicsOf(r.To.Named))
		}
		partitions, err := groupadmin.Select(out.Partitions, chosen)
		if err != nil {
			return err
		}
		if out.Moves, err = a.Plan(ctx, partitions, r.To); err != nil || !r.Execute {
			return err
		}
		return a.Reset(ctx, out.Moves)
	})
}

// ActiveGroupError says that a consumer group has members.
type ActiveGroupError = groupadmin.ActiveError

// topicsOf lists the partitions of a file with offsets.
func topicsOf(named map[message.TopicPartition]int64) map[string][]int32 {
	out := make(map[string][]int32)
	for p := range named {
		out[p.Topic] = append(out[p.Topic], p.Partition)
	}
	for _, ids := range out {
		slices.Sort(ids)
	}
	return out
}

func aboutOffsets(ctx context.Context, settings map[string]string, position opencdc.Position, then func(*groupadmin.Admin, []string, *GroupOffsets) error) (GroupOffsets, error) {
	c, err := ParseSource(settings)
	if err != nil {
		return GroupOffsets{}, err
	}
	reads, err := c.resolve()
	if err != nil {
		return GroupOffsets{}, err
	}
	var from Position
	s := Source{config: c}
	out := GroupOffsets{}
	if out.GroupID, from, err = s.group(position); err != nil {
		return out, err
	}
	if out.GroupID == "" {
		return out, errNoGroup
	}
	out.Position = from.nexts()
	client, err := c.connect(ctx, nil)
	if err != nil {
		return out, err
	}
	defer client.Close()
	topics := reads.Group.Topics
	if reads.Group.Match != nil {
		found, err := describe(ctx, client, nil)
		if err != nil {
			return out, fmt.Errorf("list topics: %w", err)
		}
		topics = cluster.Chosen(found, topics, reads.Group.Match)
	}
	a := &groupadmin.Admin{Client: client, GroupID: out.GroupID, ReadCommitted: reads.Fetch.ReadCommitted}
	if out.Standing, err = a.Describe(ctx, topics); err != nil {
		return out, err
	}
	return out, then(a, topics, &out)
}

var errNoGroup = setting.Missing("groupID", "the source generates its consumer group, whose ID is in the position that Conduit holds: give groupID, or the address of Conduit's API", "", nil)

// nexts are the offsets that come after what a position says was acknowledged.
func (p Position) nexts() map[message.TopicPartition]int64 {
	out := make(map[message.TopicPartition]int64)
	for _, place := range p.places() {
		if _, later := out[place.TopicPartition]; !later {
			out[place.TopicPartition] = place.Next
		}
	}
	return out
}
