package group

import (
	"context"
	"errors"
	"slices"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// An assignment names topics by their IDs. All else here goes by names, and a topic that
// is deleted and made again keeps its name: it comes as a revocation and an assignment.
// Until then the new topic may be another member's, and this one leaves it alone.

// owned is what is held, as the coordinator calls it. Nothing is not the same as nil, which
// says that nothing has changed.
func (m *serverMember) owned() ownedPartitions {
	out := make(ownedPartitions, len(m.held))
	for topic, ids := range m.held {
		out[m.heldIDs[topic]] = ids
	}
	return out
}

// Holds reports whether this member may read and commit partitions of a topic that has this
// ID now, as Membership has it. If not it asks the coordinator for what is assigned.
func (m *serverMember) Holds(topic string, id cluster.TopicID) bool {
	m.mu.Lock()
	holds := id == cluster.TopicID{} || m.heldIDs[topic] == id
	m.mu.Unlock()
	if !holds {
		m.hurry()
	}
	return holds
}

func (m *serverMember) hold(p Partitions, ids map[string]cluster.TopicID) {
	m.held = p
	m.mu.Lock()
	m.heldIDs = ids
	m.mu.Unlock()
	m.cfg.Hooks.held(p.Len())
}

// reconcile makes what is held what the coordinator has assigned, as far as the names of
// its topics are known. It reports whether anything has changed.
func (m *serverMember) reconcile(ctx, ending context.Context) (changed bool) {
	if m.target == nil {
		return false
	}
	if m.unresolved() {
		m.findNames(ctx)
	}
	m.checkPattern()
	assigned, ids := m.assigned()
	revoked, added := m.held.Minus(assigned), assigned.Minus(m.held)
	for topic, id := range m.heldIDs {
		if again, ok := ids[topic]; ok && again != id {
			revoked[topic], added[topic] = m.held[topic], assigned[topic]
		}
	}
	if revoked.Len() > 0 {
		ctx, cancel := m.bounded(ending)
		m.handler.Revoked(ctx, revoked)
		cancel()
	}
	if changed = revoked.Len()+added.Len() > 0; changed {
		m.hold(assigned, ids)
	}
	if added.Len() > 0 {
		m.handler.Assigned(added)
	}
	return changed
}

// assigned is the target by names, with the IDs of its topics. Partitions of topics that
// this member does not subscribe to any more are not taken. Of two topics of a name the one
// that is not held yet came later.
func (m *serverMember) assigned() (Partitions, map[string]cluster.TopicID) {
	out, ids, wanted := Partitions{}, make(map[string]cluster.TopicID), m.chooses()
	for id, partitions := range m.target {
		topic := m.names[id]
		other, twice := ids[topic]
		if !wanted(topic) || len(partitions) == 0 || twice && other != m.heldIDs[topic] {
			continue
		}
		out[topic], ids[topic] = slices.Sorted(slices.Values(partitions)), id
	}
	return out, ids
}

// unresolved reports whether there is a topic in the target whose name is not known.
func (m *serverMember) unresolved() bool {
	for id := range m.target {
		if _, known := m.names[id]; !known {
			return true
		}
	}
	return false
}

// findNames asks for the IDs of the topics that this member subscribes to. A name that was
// found once stays: the broker that is asked may know an older topic of it, and no other
// topic ever has the ID.
func (m *serverMember) findNames(ctx context.Context) {
	ctx, cancel := m.bounded(ctx)
	defer cancel()
	names := m.topics
	if m.pattern != "" {
		names = nil // all: the coordinator has found them
	}
	found, err := m.client.Refresh(ctx, names)
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		m.cfg.Warn("find topics that were assigned", err)
	}
	for name, t := range found {
		if t.Err == nil && t.ID != (cluster.TopicID{}) && !(t.Internal && m.cfg.Match != nil && !slices.Contains(m.topics, name)) {
			m.names[t.ID] = name
		}
	}
}
