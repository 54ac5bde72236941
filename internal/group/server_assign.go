package group

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// owned is what is held, as the coordinator calls it. Nothing is not the same as nil, which
// says that nothing has changed.
func (m *serverMember) owned() ownedPartitions {
	out := make(ownedPartitions, len(m.held))
	for topic, ids := range m.held {
		out[m.ids[topic]] = ids
	}
	return out
}

// reconcile makes what is held what the coordinator has assigned, as far as the names of
// its topics are known. It reports whether anything has changed.
func (m *serverMember) reconcile(ctx, ending context.Context) (changed bool) {
	if m.target == nil {
		return false
	}
	if m.unresolved() {
		m.findIDs(ctx)
	}
	assigned := m.assigned()
	revoked, added := m.held.Minus(assigned), assigned.Minus(m.held)
	if revoked.Len() > 0 {
		ctx, cancel := m.bounded(ending)
		m.handler.Revoked(ctx, revoked)
		cancel()
	}
	if added.Len() > 0 {
		m.handler.Assigned(added)
	}
	if changed = revoked.Len()+added.Len() > 0; changed {
		m.hold(assigned)
	}
	return changed
}

// assigned is the target by names. Partitions of topics that this member does not
// subscribe to any more are not taken.
func (m *serverMember) assigned() Partitions {
	out := Partitions{}
	for _, topic := range m.topics {
		id, known := m.ids[topic]
		if ids := m.target[id]; known && len(ids) > 0 {
			out[topic] = slices.Sorted(slices.Values(ids))
		}
	}
	return out
}

// unresolved reports whether there is a topic in the target whose name is not known.
func (m *serverMember) unresolved() bool {
	known := make(map[cluster.TopicID]bool, len(m.ids))
	for _, id := range m.ids {
		known[id] = true
	}
	for id := range m.target {
		if !known[id] {
			return true
		}
	}
	return false
}

// findIDs asks for the IDs of the topics that this member subscribes to. A topic that is
// not described keeps the one that it had.
func (m *serverMember) findIDs(ctx context.Context) {
	ctx, cancel := m.bounded(ctx)
	defer cancel()
	found, err := m.client.Refresh(ctx, m.topics, false)
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		m.cfg.Warn("find topics that were assigned", err)
	}
	maps.DeleteFunc(found, func(_ string, t cluster.Topic) bool { return t.Err != nil || t.ID == cluster.TopicID{} })
	for name, t := range found {
		m.ids[name] = t.ID
	}
}
