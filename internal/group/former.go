package group

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/joingroup"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

const (
	// firstWithID is the version of JoinGroup from which on a coordinator gives a member
	// its ID before it lets it join (KIP-394).
	firstWithID = 4
	// dismissTimeout bounds each attempt to take the former member out.
	dismissTimeout = 5 * time.Second
	// maxDismissals is how often it is tried to take the former member out.
	maxDismissals = 5
	// How often and how many times it is looked whether this member is in the group.
	lookInside    = 20 * time.Millisecond
	maxLookInside = 100
)

// askToJoin sends a JoinGroup request, and takes the member out of the group that a killed
// process has left in it: until the end of its session the coordinator would wait for it,
// and give its partitions to nobody. If its process is alive after all, it finds out at its
// next heartbeat and joins again.
//
// The former member leaves when this one has joined and waits for it. A group that its
// last member has left waits for more members, for group.initial.rebalance.delay.ms,
// before one that joins gets its partitions.
func (m *Member) askToJoin(ctx context.Context, req *joingroup.Request) (joined, error) {
	if m.former == "" {
		return m.sendJoin(ctx, req)
	}
	conn, err := m.connect(ctx, cluster.Group)
	if err != nil {
		return joined{}, err
	}
	switch version, _ := conn.Version(req.ApiKey()); {
	case version < firstWithID: // it learns its ID too late to look whether it is inside
		m.dismissFormer(ctx)
		return m.sendJoin(ctx, req)
	case req.MemberID == "":
		return m.sendJoin(ctx, req)
	}
	beside, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.awaitInside(beside, req.MemberID)
		m.dismissFormer(beside)
	}()
	res, err := m.sendJoin(ctx, req)
	cancel()
	<-done
	return res, err
}

// awaitInside waits until the coordinator counts this member in: until then it doesn't
// know it at a heartbeat.
func (m *Member) awaitInside(ctx context.Context, id string) {
	for range maxLookInside {
		if err := m.sendHeartbeat(ctx, cluster.Commit, id, -1); !errors.Is(err, kafkago.UnknownMemberId) {
			return
		}
		select {
		case <-time.After(lookInside):
		case <-ctx.Done():
			return
		}
	}
}

// dismissFormer takes the former member out of the group, trying again as long as that
// may help.
func (m *Member) dismissFormer(ctx context.Context) {
	retry := cluster.NewRetry(100*time.Millisecond, time.Second)
	for ctx.Err() == nil {
		leave, cancel := context.WithTimeout(ctx, dismissTimeout)
		err := m.sendLeave(leave, m.former, "its process has ended without leaving")
		cancel()
		if ctx.Err() != nil {
			return
		}
		m.dismissals++
		switch {
		case err == nil:
			m.cfg.Info(fmt.Sprintf("took member %q out of group %q: its process has ended without leaving", m.former, m.cfg.GroupID))
		case gone(err):
		case cluster.Retriable(err) && m.dismissals < maxDismissals:
			retry.Wait(ctx)
			continue
		default:
			m.cfg.Warn(fmt.Sprintf("member %q stays in group %q until its session times out, and others wait for it", m.former, m.cfg.GroupID), err)
		}
		m.former = ""
		return
	}
}

// gone reports whether an error says that a member is not in the group.
func gone(err error) bool {
	return errors.Is(err, kafkago.UnknownMemberId) || errors.Is(err, kafkago.GroupIdNotFound)
}

// MemberID is what the coordinator calls this member; "" before it has joined, and of
// a static member, which comes back under its own name.
func (m *Member) MemberID() string {
	if m.cfg.InstanceID != "" {
		return ""
	}
	id, _ := m.identity()
	return id
}
