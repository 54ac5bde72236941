package faults_test

import (
	"testing"
	"time"
)

// A paused broker keeps its connections open and says nothing, for longer than the
// connector waits for answers and than the brokers believe that it is alive.
func TestLeadersArePausedForLongerThanAllTimeouts(t *testing.T) {
	s := begin(t, "leader paused beyond all timeouts")
	s.impatient()
	s.start()
	for range rounds(1, 20) {
		s.pauseLeader(outlast)
	}
	s.finish()
}

// The same with the timeouts that a pipeline has.
func TestLeadersArePausedForLongerThanTheDefaultTimeouts(t *testing.T) {
	onlySoaking(t)
	s := begin(t, "leader paused for 50s")
	s.start()
	for range 3 {
		s.pauseLeader(50 * time.Second)
	}
	s.finish()
}

// pauseLeader pauses a leader. Records go through meanwhile, and after it.
func (s *scenario) pauseLeader(length time.Duration) {
	s.t.Helper()
	s.flow()
	leader, resume := s.leader(), time.After(length)
	s.is.NoErr(s.cluster.PauseNode(leader))
	s.flow()
	<-resume
	s.is.NoErr(s.cluster.ResumeNode(leader))
	s.flow()
	s.is.NoErr(s.cluster.Ready(s.log))
	s.ledger.Round()
}
