package faults_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/proxy"
)

// connectionFaults spoil the connections to a broker that is well itself. Each
// returns when the broker can be reached again.
var connectionFaults = []struct {
	name  string
	spoil func(s *scenario, p *proxy.Proxy)
}{
	{"connections frozen", func(s *scenario, p *proxy.Proxy) {
		p.Freeze(proxy.Both)
		s.outlast(requestTimeout)
	}},
	{"connections half open: answers lost", func(s *scenario, p *proxy.Proxy) {
		p.Freeze(proxy.ToClient)
		s.outlast(requestTimeout)
		p.Reset()
	}},
	{"connections half open: requests late", func(s *scenario, p *proxy.Proxy) {
		p.Freeze(proxy.ToServer)
		s.outlast(requestTimeout)
	}},
	{"connections slow", func(s *scenario, p *proxy.Proxy) {
		p.Delay(200 * time.Millisecond)
		p.Throttle(20_000)
		s.outlast(requestTimeout)
	}},
	{"connections cut in answers", func(s *scenario, p *proxy.Proxy) {
		for range 10 {
			p.CutAfter(proxy.ToClient, 1+rand.Int64N(500))
			time.Sleep(100 * time.Millisecond)
		}
	}},
	{"connections cut in requests", func(s *scenario, p *proxy.Proxy) {
		for range 10 {
			p.CutAfter(proxy.ToServer, 1+rand.Int64N(3000))
			time.Sleep(100 * time.Millisecond)
		}
	}},
	{"connections reset and hung up", func(s *scenario, p *proxy.Proxy) {
		for range 10 {
			p.Reset()
			time.Sleep(50 * time.Millisecond)
			p.Hangup()
			time.Sleep(50 * time.Millisecond)
		}
	}},
	{"connections refused", func(s *scenario, p *proxy.Proxy) {
		p.Refuse()
		p.Reset()
		s.outlast(requestTimeout)
	}},
}

func (s *scenario) outlast(timeout time.Duration) { time.Sleep(timeout + timeout/4) }

func TestConnectionsAreAtFault(t *testing.T) {
	for _, fault := range connectionFaults {
		t.Run(fault.name, func(t *testing.T) {
			s := begin(t, fault.name)
			s.impatient()
			s.start()
			for range rounds(1, 20) {
				s.flow()
				p := s.cluster.Proxy(s.leader())
				fault.spoil(s, p)
				s.is.NoErr(p.Pass())
				s.ledger.Round()
			}
			s.flow()
			s.finish()
		})
	}
}

// Writes give up while a broker is silent, so that requests of theirs may arrive
// after that: nobody was told that those records are there, and none is there twice.
func TestWritesTimeOutWhileConnectionsAreFrozen(t *testing.T) {
	s := begin(t, "writes time out on frozen connections")
	s.writesMayFail = true
	s.impatient()
	s.settings.destination["deliveryTimeout"], s.settings.destination["outageTimeout"] = (requestTimeout / 4).String(), "0s"
	s.start()
	directions := []proxy.Direction{proxy.ToServer, proxy.ToClient, proxy.Both}
	for round := range rounds(6, 60) {
		s.flow()
		p := s.cluster.Proxy(s.leader())
		p.Freeze(directions[round%len(directions)])
		s.outlast(requestTimeout / 2)
		s.is.NoErr(p.Pass())
		s.ledger.Round()
	}
	s.flow()
	s.is.True(s.finish().Uncertain > 0)
}

func TestAllConnectionsAreFrozenAtOnce(t *testing.T) {
	s := begin(t, "all connections frozen")
	s.impatient()
	s.start()
	for range rounds(1, 20) {
		s.flow()
		for node := 1; node <= 3; node++ {
			s.cluster.Proxy(node).Freeze(proxy.Both)
		}
		s.outlast(sessionTimeout)
		for node := 1; node <= 3; node++ {
			s.is.NoErr(s.cluster.Proxy(node).Pass())
		}
		s.ledger.Round()
	}
	s.flow()
	s.finish()
}

// A bootstrap broker that accepts connections and says nothing must not keep the
// connector from starting, nor from going on where the others lead.
func TestTheBootstrapBrokerIsFrozen(t *testing.T) {
	s := begin(t, "bootstrap broker frozen at the start")
	frozen := s.avoid(s.coordinator())
	s.cluster.Proxy(frozen).Freeze(proxy.Both)
	s.start()
	for range rounds(3, 30) {
		s.flow()
		s.ledger.Round()
	}
	s.is.NoErr(s.cluster.Proxy(frozen).Pass())
	s.finish()
}

// coordinator returns the node that coordinates the group.
func (s *scenario) coordinator() int {
	s.t.Helper()
	return int(ask(s, func(ctx context.Context) (int32, error) { return s.client.Coordinator(ctx, s.group) }))
}

// avoid chooses a node, another than the given one, that leads no partition of the
// topic from now on.
func (s *scenario) avoid(other int) int {
	s.t.Helper()
	node := 1 + other%3
	for p := range int32(partitions) {
		s.move(s.topic, p, 1+(int32(node)+p%2)%3)
	}
	return node
}
