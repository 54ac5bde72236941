package group

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/joingroup"
	"github.com/segmentio/kafka-go/protocol/syncgroup"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

const protocolType = "consumer"

// join sends JoinGroup and SyncGroup and returns the partitions that this member got.
// Once begun it goes on until ending ends, which is a while after ctx.
func (m *Member) join(ctx, ending context.Context) (Partitions, error) {
	if _, err := m.subscribe(ctx); err != nil {
		return nil, m.errorf("find topics to read as a member of", err)
	}
	id, _ := m.identity()
	res, err := m.joinGroup(ending)
	if err != nil {
		return nil, m.errorf("join", err)
	}
	m.reason = ""
	if !slices.Contains(m.cfg.Balancers, res.ProtocolName) {
		return nil, m.errorf("join", fmt.Errorf("the coordinator chose the assignment protocol %.100q, which was not offered", res.ProtocolName))
	}
	m.bal = balancers[res.ProtocolName]
	if !m.bal.cooperative() && m.held.Len() > 0 {
		// A member that can't cooperate has joined meanwhile. What is held may
		// already be somebody else's: it is too late to commit.
		m.lose()
	}
	// From here on commits are made under the new generation.
	m.setMember(res.MemberID, res.GenerationID)
	var assignments map[string]Partitions
	m.counts = nil
	leads := res.LeaderID == res.MemberID
	if leads {
		if assignments, err = m.lead(ending, res); err != nil {
			return nil, m.errorf("assign partitions of", err)
		}
	}
	// One that comes without an ID may have been given the assignment of before.
	m.verified = id != "" && (leads && !res.skip || m.verified)
	if err := m.watch(ending); err != nil {
		return nil, m.errorf("find partitions to read as a member of", err)
	}
	p, err := m.syncGroup(ending, res, assignments)
	if err != nil {
		return nil, m.errorf("sync with", err)
	}
	return m.keepSubscribed(p), nil
}

func (m *Member) joinGroup(ctx context.Context) (joined, error) {
	req := &joingroup.Request{
		GroupID:            m.cfg.GroupID,
		SessionTimeoutMS:   int32(m.cfg.SessionTimeout.Milliseconds()),
		RebalanceTimeoutMS: int32(m.cfg.RebalanceTimeout.Milliseconds()),
		GroupInstanceID:    m.cfg.InstanceID,
		ProtocolType:       protocolType,
	}
	for {
		var generation int32
		req.MemberID, generation = m.identity()
		if generation >= 0 {
			m.lastGeneration = generation
		}
		req.Protocols = m.offer(m.lastGeneration)
		res, err := m.askToJoin(ctx, req)
		if err != nil {
			return res, err
		}
		err = cluster.CodeError(res.ErrorCode)
		// KIP-394: join again with this ID. Only who has none is asked for one.
		if errors.Is(err, kafkago.MemberIDRequired) && res.MemberID != "" && req.MemberID == "" {
			m.setMember(res.MemberID, -1)
			continue
		}
		if err != nil {
			return res, err
		}
		m.lastContact, m.former = time.Now(), ""
		m.setMember(res.MemberID, -1)
		return res, nil
	}
}

// offer describes this member for each balancer. The eager ones get the oldest
// format, which kafka-go understands as leader too.
func (m *Member) offer(generation int32) []joingroup.RequestProtocol {
	var out []joingroup.RequestProtocol
	for _, name := range m.cfg.Balancers {
		s, version := subscription{topics: m.topics, generation: generation}, int16(0)
		switch name {
		case "cooperative-sticky":
			s.owned, version = m.held, 2
		case "sticky":
			s.userData = encodePrevious(m.last, generation)
		default:
			// The coordinator rebalances for a member that comes again only if it
			// says something new. Nobody reads this.
			if m.rejoins > 0 {
				s.userData = binary.BigEndian.AppendUint32(nil, m.rejoins)
			}
		}
		out = append(out, joingroup.RequestProtocol{Name: name, Metadata: s.encode(version)})
	}
	return out
}

// lead makes the assignment for all members, unless the one of before stays.
func (m *Member) lead(ctx context.Context, res joined) (map[string]Partitions, error) {
	members := make([]memberInfo, len(res.Members))
	topics := make(map[string]bool)
	for i, rm := range res.Members {
		sub, err := decodeSubscription(rm.Metadata)
		if err != nil {
			return nil, fmt.Errorf("read subscription of member %.100q: %w", rm.MemberID, err)
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
	if res.skip {
		return nil, nil
	}
	return m.bal.assign(members, counts), nil
}

func (m *Member) syncGroup(ctx context.Context, res joined, assignments map[string]Partitions) (Partitions, error) {
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
	var sres *syncgroup.Response
	err := m.ask(ctx, func(conn *wire.Conn) error {
		msg, err := conn.RoundTripWait(ctx, req, m.cfg.RebalanceTimeout)
		if err == nil {
			sres = msg.(*syncgroup.Response)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := cluster.CodeError(sres.ErrorCode); err != nil {
		return nil, err
	}
	m.lastContact = time.Now()
	p, err := decodeAssignment(sres.Assignments)
	if err != nil {
		return nil, fmt.Errorf("read assignment: %w", err)
	}
	return p.sort(), nil
}

// ask sends a request that the coordinator may hold back until all members have
// joined. A member that waits for that is alive for the coordinator, however long it
// takes: the session timeout does not run meanwhile.
func (m *Member) ask(ctx context.Context, send func(*wire.Conn) error) error {
	conn, err := m.connect(ctx, cluster.Group)
	if err != nil {
		return err
	}
	begun := time.Now()
	err = send(conn)
	var silence *wire.TimeoutError // whose broker may have been dead all the time
	if !errors.As(err, &silence) {
		m.lastContact = m.lastContact.Add(time.Since(begun))
	}
	return err
}
