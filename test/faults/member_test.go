package faults_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/ledger"
)

// beginOn is begin with a topic of that many partitions.
func beginOn(t *testing.T, name string, partitions int32) *scenario {
	t.Helper()
	s := begin(t, name)
	s.topic = s.cluster.NewTopic(t, partitions, nil)
	s.ledger = ledger.New(name, s.topic)
	s.settings.destination["topic"], s.settings.source["topics"] = s.topic, s.topic
	return s
}

// seat is one place in a group. One member at a time takes it, reads, and goes.
type seat struct {
	s        *scenario
	instance string // of a static member

	reader reader
	client *cluster.Client
	stop   context.CancelFunc
	wg     sync.WaitGroup
	killed bool
}

// seats are free places, taken and left by the caller and all left at the test's end.
func (s *scenario) seats(instances ...string) []*seat {
	seats := make([]*seat, len(instances))
	for i, instance := range instances {
		seats[i] = &seat{s: s, instance: instance}
		s.t.Cleanup(seats[i].leave)
	}
	return seats
}

func (m *seat) taken() bool { return m.stop != nil }

// take joins the group and reads.
func (m *seat) take() {
	cfg := m.s.impatientConsumer()
	cfg.Group.InstanceID = m.instance
	cfg.CommitInterval /= 4
	m.client = dialer(m.s.cluster.Servers())
	m.reader = reader{m.s.topic, consumer.Open(m.client, cfg)}
	m.killed = false
	var ctx context.Context
	ctx, m.stop = context.WithCancel(m.s.log)
	m.wg.Go(func() {
		if err := m.s.ledger.ReadFrom(ctx, m.reader); err != nil && !errors.Is(err, wire.ErrClosed) { // which is how it is killed
			m.s.t.Errorf("read: %v", err)
		}
	})
}

// leave commits and, unless it is static, leaves the group.
func (m *seat) leave() {
	if !m.taken() {
		return
	}
	m.stop()
	m.wg.Wait()
	m.stop = nil
	if err := m.reader.Teardown(m.s.log); err != nil && !m.killed {
		m.s.t.Errorf("leave: %v", err)
	}
}

// kill takes its connections away, as when a process dies: nothing is committed, and
// the group has to find out.
func (m *seat) kill() {
	m.killed = true
	m.client.Close()
	m.leave()
}
