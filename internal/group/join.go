package group

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/joingroup"
	"github.com/segmentio/kafka-go/protocol/syncgroup"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

const protocolType = "consumer"

// join goes through JoinGroup and SyncGroup and returns what this member got.
func (m *Member) join(ctx context.Context) (Partitions, error) {
	res, err := m.joinGroup(ctx)
	if err != nil {
		return nil, m.errorf("join", err)
	}
	var assignments map[string]Partitions
	m.counts = nil
	if res.LeaderID == res.MemberID {
		if assignments, err = m.lead(ctx, res); err != nil {
			return nil, m.errorf("assign partitions of", err)
		}
	}
	p, err := m.syncGroup(ctx, res, assignments)
	if err != nil {
		return nil, m.errorf("sync with", err)
	}
	return p, nil
}

func (m *Member) joinGroup(ctx context.Context) (*joingroup.Response, error) {
	req := &joingroup.Request{
		GroupID:            m.cfg.GroupID,
		SessionTimeoutMS:   int32(m.cfg.SessionTimeout.Milliseconds()),
		RebalanceTimeoutMS: int32(m.cfg.RebalanceTimeout.Milliseconds()),
		GroupInstanceID:    m.cfg.InstanceID,
		ProtocolType:       protocolType,
		Protocols: []joingroup.RequestProtocol{{
			Name:     m.bal.name(),
			Metadata: subscription{topics: m.cfg.Topics}.encode(0),
		}},
	}
	for {
		_, req.MemberID, _ = m.identity()
		msg, err := m.ask(ctx, req)
		if err != nil {
			return nil, err
		}
		res := msg.(*joingroup.Response)
		err = cluster.CodeError(res.ErrorCode)
		if errors.Is(err, kafkago.MemberIDRequired) { // KIP-394: join again with this ID
			m.setMember(res.MemberID, -1)
			continue
		}
		if err != nil {
			return nil, err
		}
		m.setMember(res.MemberID, res.GenerationID)
		return res, nil
	}
}

// lead makes the assignment for all members.
func (m *Member) lead(ctx context.Context, res *joingroup.Response) (map[string]Partitions, error) {
	members := make([]memberInfo, len(res.Members))
	topics := make(map[string]bool)
	for i, rm := range res.Members {
		sub, err := decodeSubscription(rm.Metadata)
		if err != nil {
			return nil, fmt.Errorf("read subscription of member %s: %w", rm.MemberID, err)
		}
		members[i] = memberInfo{id: rm.MemberID, instance: rm.GroupInstanceID, subscription: sub}
		for _, t := range sub.topics {
			topics[t] = true
		}
	}
	counts, err := m.partitionCounts(ctx, topics)
	if err != nil {
		return nil, err
	}
	m.counts = counts
	return m.bal.assign(members, counts), nil
}

// partitionCounts asks for the number of partitions of each topic. A topic that
// doesn't exist, or can't be seen, has none: it must not stop the others.
func (m *Member) partitionCounts(ctx context.Context, topics map[string]bool) (map[string]int32, error) {
	names := make([]string, 0, len(topics))
	for t := range topics {
		names = append(names, t)
	}
	found, err := m.client.Refresh(ctx, names, false)
	if err != nil {
		return nil, err
	}
	counts := make(map[string]int32, len(found))
	for name, t := range found {
		if n := len(t.Partitions); n > 0 {
			counts[name] = int32(n)
		}
	}
	return counts, nil
}

func (m *Member) syncGroup(ctx context.Context, res *joingroup.Response, assignments map[string]Partitions) (Partitions, error) {
	req := &syncgroup.Request{
		GroupID:         m.cfg.GroupID,
		GenerationID:    res.GenerationID,
		MemberID:        res.MemberID,
		GroupInstanceID: m.cfg.InstanceID,
		ProtocolType:    protocolType,
		ProtocolName:    m.bal.name(),
	}
	for id, p := range assignments {
		req.Assignments = append(req.Assignments, syncgroup.RequestAssignment{MemberID: id, Assignment: encodeAssignment(p)})
	}
	msg, err := m.ask(ctx, req)
	if err != nil {
		return nil, err
	}
	sres := msg.(*syncgroup.Response)
	if err := cluster.CodeError(sres.ErrorCode); err != nil {
		return nil, err
	}
	p, err := decodeAssignment(sres.Assignments)
	if err != nil {
		return nil, fmt.Errorf("read assignment: %w", err)
	}
	return p.sort(), nil
}

// ask sends a request that the coordinator may hold back until all members have
// joined.
func (m *Member) ask(ctx context.Context, req protocol.Message) (protocol.Message, error) {
	id, err := m.findCoordinator(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := m.client.Broker(ctx, id, cluster.Group)
	if err != nil {
		return nil, err
	}
	frame, err := conn.Frame(ctx, req, m.cfg.RebalanceTimeout)
	if err != nil {
		return nil, err
	}
	version, _ := conn.Version(req.ApiKey())
	_, res, err := protocol.ReadResponse(bytes.NewReader(frame), req.ApiKey(), version)
	return res, err
}
