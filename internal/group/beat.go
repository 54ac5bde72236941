package group

import (
	"context"
	"errors"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/heartbeat"
	"github.com/segmentio/kafka-go/protocol/leavegroup"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// beat sends heartbeats until the group rebalances (nil), ctx ends, or the
// membership is broken. A coordinator that moves or is away for a while does
// not end the generation, as long as the session timeout hasn't passed.
func (m *Member) beat(ctx context.Context) error {
	pause := m.firstPause()
	next := time.NewTimer(pause)
	defer next.Stop()
	metadata := time.NewTimer(m.metadataInterval())
	defer metadata.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-metadata.C: // and a heartbeat after it: none is sent meanwhile
			if m.changed(ctx) {
				return nil
			}
			metadata.Reset(m.metadataInterval())
		case <-next.C:
			pause = min(2*pause, m.cfg.HeartbeatInterval)
			next.Reset(pause)
		}
		err := m.heartbeat(ctx)
		switch {
		case err == nil:
			m.lastContact = time.Now()
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, kafkago.RebalanceInProgress):
			m.reason = "the group rebalances"
			return nil
		case !cluster.Retriable(err):
			return m.errorf("send heartbeat to", err)
		case time.Since(m.lastContact) > m.cfg.SessionTimeout:
			return m.errorf("send heartbeat to", err)
		default:
			m.leaveCoordinator()
		}
	}
}

// firstPause is how long after an assignment the first heartbeat is sent. In a cooperative
// group a partition that moves is read by nobody from when its owner has given it back,
// which follows the assignment at once, until all members have heard of the rebalance that
// this takes. So heartbeats come ever later there, up to the interval. The first one comes
// the later, the more generations in a row were short.
func (m *Member) firstPause() time.Duration {
	if m.bal.cooperative() {
		return min(max(m.pause, firstPause), m.cfg.HeartbeatInterval)
	}
	return m.cfg.HeartbeatInterval
}

// pace sets the first pause of the next generation after one that lasted that long. Short
// ones double it: while many members come one after another, or take turns giving partitions
// back, a rebalance then waits for more and more of that, instead of one for each.
func (m *Member) pace(lasted time.Duration) {
	pause := m.firstPause()
	if lasted > pause+m.cfg.HeartbeatInterval {
		m.pause = 0
	} else {
		m.pause = 2 * pause
	}
}

// changed reports whether the assignment of the group does not fit what is there now.
func (m *Member) changed(ctx context.Context) bool {
	ctx, cancel := m.bounded(ctx)
	defer cancel()
	if m.outdated(ctx) {
		m.rejoins++
		m.reason = "the assignment does not fit the topics that are there"
		return true
	}
	if ctx.Err() == nil && m.topicsChanged(ctx) {
		m.reason = "topics or partitions have changed"
		return true
	}
	return false
}

// heartbeat sends a heartbeat. It waits for the answer for a third of the session timeout,
// so that a second one can still reach another coordinator in time.
func (m *Member) heartbeat(ctx context.Context) error {
	ctx, cancel := m.bounded(ctx)
	defer cancel()
	memberID, generation := m.identity()
	return m.sendHeartbeat(ctx, cluster.Group, memberID, generation)
}

func (m *Member) sendHeartbeat(ctx context.Context, p cluster.Purpose, memberID string, generation int32) error {
	conn, err := m.connect(ctx, p)
	if err != nil {
		return err
	}
	req := &heartbeat.Request{
		GroupID:         m.cfg.GroupID,
		GenerationID:    generation,
		MemberID:        memberID,
		GroupInstanceID: m.cfg.InstanceID,
	}
	frame, err := conn.Frame(ctx, req, 0)
	if err != nil {
		return err
	}
	version, _ := conn.Version(req.ApiKey())
	return heartbeatError(frame, version)
}

// leave tells the coordinator that this member is gone, so that the others need
// not wait for the session timeout. A static member comes back: it doesn't.
func (m *Member) leave(ctx context.Context) {
	memberID, _ := m.identity()
	m.setGeneration(-1)
	if m.cfg.InstanceID != "" || memberID == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, leaveEnd)
	defer cancel()
	if err := m.sendLeave(ctx, memberID, "the source is stopped"); err != nil {
		m.cfg.Warn("the other members go on after the session timeout", m.errorf("leave", err))
	}
}

func (m *Member) sendLeave(ctx context.Context, memberID, reason string) error {
	// Not the Group connection: a join may still wait there.
	conn, err := m.connect(ctx, cluster.Commit)
	if err != nil {
		return err
	}
	req := &leavegroup.Request{
		GroupID:  m.cfg.GroupID,
		MemberID: memberID,
		Members:  []leavegroup.RequestMember{{MemberID: memberID}},
	}
	var sent protocol.Message = req
	reasoned := &leaveRequest{req, reason}
	if _, ok := conn.VersionOf(reasoned); ok {
		sent = reasoned
	}
	frame, err := conn.Frame(ctx, sent, 0)
	if err != nil {
		return err
	}
	version, _ := conn.VersionOf(sent)
	return leaveError(frame, version)
}
