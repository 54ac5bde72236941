package group

import (
	"context"
	"errors"
	"fmt"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// sendLeave takes a member out of the group. A static one leaves its name behind, for the
// next one that has it.
func (m *serverMember) sendLeave(ctx context.Context, id string) error {
	req := &serverHeartbeat{group: m.cfg.GroupID, member: id, instance: m.cfg.InstanceID, epoch: epochLeave, rebalanceTimeout: unchanged}
	if m.cfg.InstanceID != "" {
		req.epoch = epochLeaveStatic
	}
	_, err := m.sendServer(ctx, cluster.Commit, req)
	return err
}

// dismissFormer takes the member out of the group that a killed process has left in it,
// once this one is in: what is free then goes to it, and does not move twice. It reports
// whether anything may have become free.
func (m *serverMember) dismissFormer(ctx context.Context) bool {
	if m.former == "" {
		return false
	}
	former := m.former
	m.former = ""
	if m.cfg.InstanceID != "" {
		return false // this one has its name, and so its place
	}
	ctx, cancel := context.WithTimeout(ctx, dismissTimeout)
	defer cancel()
	retry := cluster.NewRetry(firstPause, unresolvedPause)
	for {
		err := m.sendLeave(ctx, former)
		switch {
		case err == nil:
			m.cfg.Info(fmt.Sprintf("took member %q out of group %q: its process has ended without leaving", former, m.cfg.GroupID))
			return true
		case gone(err):
			return false
		case cluster.Retriable(err) && retry.Wait(ctx):
			m.leaveCoordinator()
			continue
		case ctx.Err() == nil || errors.Is(ctx.Err(), context.DeadlineExceeded):
			m.cfg.Warn(fmt.Sprintf("member %q stays in group %q until its session times out, with its partitions", former, m.cfg.GroupID), err)
		}
		return false
	}
}

// releaseName makes the name of a static member free that this process has had, or the one
// before it, and reports whether it did. If another member has it, that one keeps it.
func (m *serverMember) releaseName(ctx context.Context) bool {
	id, _ := m.identity()
	for _, id := range []string{m.former, id} {
		if id == "" {
			continue
		}
		if err := m.sendLeave(ctx, id); err == nil {
			m.former = ""
			return true
		}
	}
	return false
}
