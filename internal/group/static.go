package group

import (
	"context"
	"errors"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// A static member (KIP-345) that comes back gets its partitions without a rebalance: the
// coordinator does not look at what it subscribes to now. If it leads the group the
// coordinator says so from JoinGroup 9 on (KIP-814), but takes no other assignment from it
// then, and before that it does not even say so; nor do leaders know it whose clients speak
// older versions than the brokers do. So each static member watches the topics that it
// subscribes to, as the leader does for all; and whenever it has joined without a member ID
// it looks at the assignment of the group, which may have been made for other topics or
// partitions.

// watch remembers the partitions of the topics that a static member subscribes to,
// if it isn't known to be the leader.
func (m *Member) watch(ctx context.Context) error {
	if m.cfg.InstanceID == "" || m.counts != nil {
		return nil
	}
	var err error
	m.counts, err = m.partitionCounts(ctx, set(m.topics))
	return err
}

// firstLook is how long after joining a member looks at the assignment first, and
// maxLookInterval bounds how long it waits until the next look at one that the
// coordinator does not describe: that of a group with members of the new protocol
// (KIP-848), for instance.
const (
	firstLook       = time.Second
	maxLookInterval = 5 * time.Minute
)

// outdated reports whether the assignment lacks a partition that this member
// subscribes to, or has one that it does not subscribe to or that does not exist any
// more. It asks until it has an answer, less and less often.
func (m *Member) outdated(ctx context.Context) bool {
	if !m.looks() || time.Now().Before(m.lookAt) {
		return false
	}
	assigned, stable, err := m.assignment(ctx)
	m.postponeLook(time.Now())
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		m.cfg.Warn("look at the group's assignment", m.errorf("describe", err))
	}
	if err != nil || !stable { // a rebalance that is under way will be heard of
		return false
	}
	m.verified = true
	for topic, count := range m.counts {
		for id := range count {
			if !assigned.Has(topic, id) {
				return true
			}
		}
	}
	return m.surplus || m.gone(assigned)
}

// gone reports whether a partition of the topics that this member subscribes to does not
// exist any more: the topic was deleted, or made again with fewer.
func (m *Member) gone(assigned Partitions) bool {
	for _, topic := range m.topics {
		count, known := m.seen[topic]
		if ids := assigned[topic]; known && len(ids) > 0 && ids[len(ids)-1] >= count {
			return true
		}
	}
	return false
}

// looks reports whether this member has yet to look at the group's assignment.
func (m *Member) looks() bool { return !m.verified && m.cfg.InstanceID != "" }

func (m *Member) postponeLook(now time.Time) {
	m.lookAt = now.Add(m.lookInterval)
	m.lookInterval = min(2*m.lookInterval, maxLookInterval)
}

// assignment asks for what all members of the group have.
func (m *Member) assignment(ctx context.Context) (all Partitions, stable bool, err error) {
	conn, err := m.connect(ctx, cluster.Group)
	if err != nil {
		return nil, false, err
	}
	d, err := describeClassic(ctx, conn, m.cfg.GroupID)
	if err != nil {
		return nil, false, err
	}
	all = Partitions{}
	for _, member := range d.Members {
		for topic, ids := range member.Partitions {
			all.Add(topic, ids...)
		}
	}
	return all, d.State == "Stable", nil
}

// keepSubscribed drops partitions that this member does not subscribe to.
func (m *Member) keepSubscribed(p Partitions) Partitions {
	wanted, kept := set(m.topics), Partitions{}
	m.surplus = false
	for topic, ids := range p {
		if wanted[topic] {
			kept[topic] = ids
		} else {
			m.surplus = true
		}
	}
	return kept
}

func set(topics []string) map[string]bool {
	out := make(map[string]bool, len(topics))
	for _, t := range topics {
		out[t] = true
	}
	return out
}
