package faults_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"
)

// Beside the scenario it is measured how long a leader's death is felt, for the
// connector and for another client library as it comes. Nothing is asserted about
// these times: they are for reading.
func TestLeadersAreKilled(t *testing.T) {
	s := begin(t, "leader killed")
	s.start()
	runners := s.runners()
	for range rounds(3, 50) {
		s.flow()
		leader := s.leader()
		s.measure(runners, leader, func() {
			s.is.NoErr(s.cluster.KillNode(leader))
		})
		s.is.NoErr(s.cluster.StartNode(s.log, leader))
		s.ledger.Round()
	}
	s.finish()
	for _, r := range runners {
		t.Log(r)
	}
}

func TestLeadersAreStopped(t *testing.T) {
	s := begin(t, "leader stopped")
	s.start()
	for range rounds(2, 50) {
		s.flow()
		leader := s.leader()
		s.is.NoErr(s.cluster.StopNode(s.log, leader))
		s.flow()
		s.is.NoErr(s.cluster.StartNode(s.log, leader))
		s.ledger.Round()
	}
	s.finish()
}

// Each node is stopped and started again while the others serve, as in an upgrade.
func TestAllNodesAreRestartedOneAfterTheOther(t *testing.T) {
	s := begin(t, "rolling restart")
	s.start()
	for range rounds(1, 10) {
		for node := 1; node <= 3; node++ {
			s.flow()
			s.is.NoErr(s.cluster.StopNode(s.log, node))
			s.is.NoErr(s.cluster.StartNode(s.log, node))
		}
		s.ledger.Round()
	}
	s.finish()
}

// All nodes die at once, and come back.
func TestTheWholeClusterIsKilled(t *testing.T) {
	onlySoaking(t)
	s := begin(t, "all nodes killed")
	s.start()
	for range 10 {
		s.flow()
		for node := 1; node <= 3; node++ {
			s.is.NoErr(s.cluster.KillNode(node))
		}
		s.is.NoErr(s.cluster.Restore(s.log))
		s.ledger.Round()
	}
	s.flow()
	s.finish()
}

// A cluster that balances its leaders moves them while all nodes are well.
func TestLeadersAreMovedEveryTwoSeconds(t *testing.T) {
	s := begin(t, "leaders moved every 2s")
	s.start()
	s.flow()
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for range rounds(3, 100) {
		for p := range int32(partitions) {
			s.move(s.topic, p, 1+rand.Int32N(3))
		}
		s.ledger.Round()
		<-tick.C
	}
	s.flow()
	s.finish()
}

// move makes a node the leader of a partition.
func (s *scenario) move(topic string, partition, node int32) {
	s.t.Helper()
	ask(s, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.client.MoveLeader(ctx, topic, partition, node)
	})
}
