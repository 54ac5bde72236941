package faults_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/proxy"
)

// One fault upon the other: a node is away or paused while the connections to
// another one are spoiled and leaders move.
func TestFaultsComeTogether(t *testing.T) {
	s := begin(t, "faults together")
	s.impatient()
	s.start()
	for range rounds(1, 30) {
		s.flow()
		node := s.leader()
		back := s.takeAway(node)
		for range 3 {
			fault := connectionFaults[rand.IntN(len(connectionFaults))]
			p := s.cluster.Proxy(1 + rand.IntN(3))
			fault.spoil(s, p)
			s.is.NoErr(p.Pass())
		}
		back()
		s.ledger.Round()
	}
	s.flow()
	s.finish()
}

// takeAway does something to a node, and returns what mends it.
func (s *scenario) takeAway(node int) (back func()) {
	s.t.Helper()
	start := func() { s.is.NoErr(s.cluster.StartNode(s.log, node)) }
	switch rand.IntN(4) {
	case 0:
		s.is.NoErr(s.cluster.KillNode(node))
		return start
	case 1:
		s.is.NoErr(s.cluster.StopNode(s.log, node))
		return start
	case 2:
		s.is.NoErr(s.cluster.PauseNode(node))
		return func() {
			time.Sleep(outlast)
			s.is.NoErr(s.cluster.ResumeNode(node))
			s.is.NoErr(s.cluster.Ready(s.log))
		}
	default:
		s.cluster.Proxy(node).Freeze(proxy.Both)
		for p := range int32(partitions) {
			s.move(s.topic, p, 1+rand.Int32N(3))
		}
		return func() { s.is.NoErr(s.cluster.Proxy(node).Pass()) }
	}
}
