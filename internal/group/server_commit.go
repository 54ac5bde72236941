package group

import (
	"context"
	"errors"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// Commit commits offsets under the epoch in which they were collected, as Membership has
// it. Where the member has another epoch by now, which it may not have heard of yet, the
// error is a cluster.StaleMemberEpoch: the offsets are still its own to commit, under the
// new one. The coordinator looks at the epoch alone, and older ones go by names: offsets of
// another topic than the one that is assigned are left out.
func (m *serverMember) Commit(ctx context.Context, epoch int32, offsets Offsets) (Offsets, error) {
	if epoch < 0 {
		return nil, m.errorf("commit offsets of", kafkago.RebalanceInProgress)
	}
	offsets = m.own(offsets)
	if len(offsets) == 0 {
		return nil, nil
	}
	id, _ := m.identity()
	req := &commitRequest{m.cfg.GroupID, id, m.cfg.InstanceID, epoch, offsets, commitByEpoch}
	taken, err := m.commit(ctx, req, sendNewerCommit)
	if errors.Is(err, cluster.StaleMemberEpoch) {
		m.hurry()
	}
	return taken, err
}

// own returns the offsets that are of topics which are held.
func (m *serverMember) own(offsets Offsets) Offsets {
	out := make(Offsets, len(offsets))
	for topic, parts := range offsets {
		for p, o := range parts {
			if m.Holds(topic, o.TopicID) {
				out.Set(topic, p, o)
			}
		}
	}
	return out
}

// hurry asks for a heartbeat at once.
func (m *serverMember) hurry() {
	select {
	case m.sooner <- struct{}{}:
	default:
	}
}
