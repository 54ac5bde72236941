package group

import (
	"context"
	"errors"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// lose gives up what is held: it already belongs to somebody else, or may. The member has
// to join again.
func (m *serverMember) lose() {
	m.setGeneration(-1)
	m.target, m.told = nil, report{}
	if m.held.Len() > 0 {
		m.handler.Lost(m.held)
		m.cfg.Hooks.lost(m.held.Len())
		m.hold(Partitions{}, nil)
	}
}

// revoke gives back all that is held.
func (m *serverMember) revoke(ctx context.Context) {
	if m.held.Len() == 0 {
		return
	}
	ctx, cancel := m.bounded(ctx)
	defer cancel()
	m.handler.Revoked(ctx, m.held)
	m.hold(Partitions{}, nil)
}

// leave tells the coordinator that this member is gone; a static one that it will be back.
func (m *serverMember) leave(ctx context.Context) {
	m.setGeneration(-1)
	if !m.joins {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, leaveEnd)
	defer cancel()
	id, _ := m.identity()
	err := m.sendLeave(ctx, id)
	var unsupported *wire.UnsupportedError
	if err != nil && !gone(err) && !errors.As(err, &unsupported) {
		m.cfg.Warn("the other members go on after the session timeout", m.errorf("leave", err))
	}
}
