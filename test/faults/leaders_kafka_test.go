package faults_test

import "testing"

func TestLeadersAreKilled(t *testing.T) {
	s := begin(t, "leader killed")
	s.start()
	for range rounds(5, 50) {
		s.flow()
		leader := s.leader()
		s.is.NoErr(s.cluster.KillNode(leader))
		s.flow() // while it is away
		s.is.NoErr(s.cluster.StartNode(s.log, leader))
		s.ledger.Round()
	}
	s.finish()
}

func TestLeadersAreStopped(t *testing.T) {
	s := begin(t, "leader stopped")
	s.start()
	for range rounds(5, 50) {
		s.flow()
		leader := s.leader()
		s.is.NoErr(s.cluster.StopNode(s.log, leader))
		s.flow()
		s.is.NoErr(s.cluster.StartNode(s.log, leader))
		s.ledger.Round()
	}
	s.finish()
}
