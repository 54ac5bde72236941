package faults_test

import (
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
			s.startImpatient(s.cluster.Servers(), guard)
			for range rounds(2, 20) {
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
