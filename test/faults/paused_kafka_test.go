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

// The same with the timeouts that a pipeline has. How long that is felt is measured
// as it is for a leader's death.
func TestLeadersArePausedForLongerThanTheDefaultTimeouts(t *testing.T) {
	onlySoaking(t)
	s := begin(t, "leader paused for 50s")
	s.start()
	runners := s.runners()
	for range 3 {
		s.pauseLeader(50*time.Second, runners...)
	}
	s.finish()
	for _, r := range runners {
		t.Log(r)
	}
}

// pauseLeader pauses a leader. Records go through meanwhile, and after it.
func (s *scenario) pauseLeader(length time.Duration, runners ...*runner) {
	s.t.Helper()
	s.flow()
	leader := s.leader()
	var resume <-chan time.Time
	s.measure(runners, leader, func() {
		s.is.NoErr(s.cluster.PauseNode(leader))
		resume = time.After(length)
	})
	<-resume
	s.is.NoErr(s.cluster.ResumeNode(leader))
	s.flow()
	s.is.NoErr(s.cluster.Ready(s.log))
	s.ledger.Round()
}
