package groupadmin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// Target is where to reset a group to. Exactly one of its fields counts.
type Target struct {
	Place  Place
	Time   time.Time                        // AtTime: the first record at or after it
	Offset int64                            // AtOffset
	Shift  int64                            // ByShift: may be negative
	Named  map[message.TopicPartition]int64 // AtNamed: other partitions are left alone
}

// Place is a kind of target.
type Place int

// The kinds of targets.
const (
	AtEarliest Place = iota + 1
	AtLatest
	AtCurrent // what is committed, as long as it is in the log
	AtTime
	AtOffset
	ByShift
	AtNamed
)

// Move is what a reset does to a partition.
type Move struct {
	message.TopicPartition
	From int64 // what is committed; -1: nothing
	To   int64
	Note string // why To is not what was asked for; "" if it is
}

// Plan says what a reset to a target does to partitions that Describe returned. Nothing is
// changed. The error names each partition that can't be reset.
func (a *Admin) Plan(ctx context.Context, partitions []Partition, to Target) ([]Move, error) {
	var errs []error
	var chosen []Partition
	for _, p := range partitions {
		if _, named := to.Named[p.TopicPartition]; to.Place == AtNamed && !named {
			continue
		}
		if p.Err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.name(), p.Err))
		}
		chosen = append(chosen, p)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	found, err := a.find(ctx, chosen, to)
	if err != nil {
		return nil, err
	}
	moves := make([]Move, len(chosen))
	for i := range chosen {
		p := &chosen[i]
		m, err := p.move(to, found[p.TopicPartition])
		errs = append(errs, err)
		moves[i] = m
	}
	return moves, errors.Join(errs...)
}

// places are what only the leader of a partition knows.
type places struct {
	end  int64 // of what the group may read
	time int64 // the first record at or after a time; -1: none
}

// find asks the leaders for what a target needs to know besides both ends of the logs. Of
// a time the end is asked first: a record may be written between the two questions.
func (a *Admin) find(ctx context.Context, partitions []Partition, to Target) (map[message.TopicPartition]places, error) {
	out := make(map[message.TopicPartition]places)
	if to.Place != AtLatest && to.Place != AtTime {
		return out, nil
	}
	err := a.findAt(ctx, partitions, cluster.Latest, func(p message.TopicPartition, offset int64) {
		out[p] = places{end: offset, time: -1}
	})
	if err != nil || to.Place != AtTime {
		return out, err
	}
	err = a.findAt(ctx, partitions, to.Time.UnixMilli(), func(p message.TopicPartition, offset int64) {
		out[p] = places{out[p].end, offset}
	})
	return out, err
}

func (a *Admin) findAt(ctx context.Context, partitions []Partition, timestamp int64, found func(message.TopicPartition, int64)) error {
	var queries []cluster.OffsetQuery
	for _, p := range partitions {
		queries = append(queries, cluster.OffsetQuery{Topic: p.Topic, Partition: p.Partition, Timestamp: timestamp})
	}
	var errs []error
	for _, answer := range a.offsets(ctx, a.ReadCommitted, queries) {
		found(message.TopicPartition{Topic: answer.Topic, Partition: answer.Partition}, answer.Offset)
		errs = append(errs, answer.Err)
	}
	return errors.Join(errs...)
}

// move is the reset of one partition.
func (p *Partition) move(to Target, found places) (Move, error) {
	m := Move{TopicPartition: p.TopicPartition, From: p.Committed}
	switch to.Place {
	case AtEarliest:
		m.To = p.Start
		return m, nil
	case AtLatest:
		m.To = found.end
		return m, nil
	case AtTime:
		if m.To = found.time; found.time < 0 {
			m.To, m.Note = found.end, "no record at or after that time: the end"
		}
		return m, nil
	case AtOffset:
		m.To = to.Offset
	case AtNamed:
		m.To = to.Named[p.TopicPartition]
	case ByShift, AtCurrent:
		if p.Committed < 0 {
			return m, fmt.Errorf("%s: the group has committed nothing from which to begin: choose another place, or other partitions with -topic", p.name())
		}
		m.To = p.Committed + to.Shift
	default:
		return m, fmt.Errorf("a target of no kind: %d", to.Place)
	}
	switch asked := m.To; {
	case asked < p.Start:
		m.To, m.Note = p.Start, fmt.Sprintf("%d is before the first record", asked)
	case asked > p.End:
		m.To, m.Note = p.End, fmt.Sprintf("%d is after the end", asked)
	}
	return m, nil
}
