package broker

import (
	"strings"
	"testing"

	"github.com/matryer/is"
)

func TestServerProperties(t *testing.T) {
	l := layout{Base: 10000, Nodes: 3}
	at := paths{bind: "127.0.0.1", data: "/data", certs: "/certs"}
	for _, tt := range []struct {
		name string
		o    Options
		line string
	}{
		{"voters are all nodes", Options{}, "controller.quorum.voters=1@127.0.0.1:10005,2@127.0.0.1:10011,3@127.0.0.1:10017"},
		{"the node listens for itself", Options{}, "listeners=PLAINTEXT://127.0.0.1:10006,SSL://127.0.0.1:10007," +
			"SASL_SSL://127.0.0.1:10008,SASL_PLAINTEXT://127.0.0.1:10009,DIRECT://127.0.0.1:10010,CONTROLLER://127.0.0.1:10011"},
		{"clients come through the proxy", Options{Proxied: true}, "advertised.listeners=PLAINTEXT://127.0.0.1:10019,SSL://127.0.0.1:10007," +
			"SASL_SSL://127.0.0.1:10008,SASL_PLAINTEXT://127.0.0.1:10009,DIRECT://127.0.0.1:10010,CONTROLLER://127.0.0.1:10011"},
		{"two of three must have it", Options{}, "min.insync.replicas=2"},
		{"each is a rack", Options{}, "broker.rack=rack-2"},
		{"before KRaft nodes find each other by ZooKeeper", Options{Version: "2.8.2"}, "zookeeper.connect=127.0.0.1:10005"},
		{"which is no listener of theirs", Options{Version: "2.8.2"}, "listeners=PLAINTEXT://127.0.0.1:10006,SASL_PLAINTEXT://127.0.0.1:10009,DIRECT://127.0.0.1:10010"},
		{"a test adds", Options{Properties: map[string]string{"log.cleaner.backoff.ms": "100"}}, "log.cleaner.backoff.ms=100"},
		{"a test replaces", Options{Properties: map[string]string{"min.insync.replicas": "1"}}, "min.insync.replicas=1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines := strings.Split(serverProperties(2, l, tt.o, at), "\n")
			found := 0
			for _, line := range lines {
				if line == tt.line {
					found++
				}
			}
			is.New(t).Equal(found, 1)
		})
	}
}

func TestLayout_gives_every_listener_and_proxy_a_port_of_its_own(t *testing.T) {
	is := is.New(t)
	l, err := freePorts(3)
	is.NoErr(err)
	first, last := l.published()
	seen := make(map[int]bool)
	for node := 1; node <= 3; node++ {
		for listener := range listeners {
			p := l.port(node, listener)
			is.True(!seen[p] && p >= first && p <= last)
			seen[p] = true
		}
		p := l.port(node, front)
		is.True(!seen[p] && p > last)
		seen[p] = true
	}
}

func TestOptions_are_served_by_a_cluster_of_another_process(t *testing.T) {
	quick := map[string]string{"a": "b"}
	for _, tt := range []struct {
		name       string
		want, have Options
		ok         bool
	}{
		{"the same", Options{Nodes: 1}, Options{Nodes: 1}, true},
		{"more nodes", Options{Nodes: 1}, Options{Nodes: 3}, true},
		{"another version", Options{Nodes: 1, Version: "2.8.2"}, Options{Nodes: 1, Version: Version}, false},
		{"too few nodes", Options{Nodes: 3}, Options{Nodes: 1}, false},
		{"the same properties", Options{Nodes: 1, Properties: quick}, Options{Nodes: 1, Properties: quick}, true},
		{"other properties", Options{Nodes: 1}, Options{Nodes: 1, Properties: quick}, false},
		{"faults want their own", Options{Nodes: 1, Faults: true}, Options{Nodes: 1}, false},
		{"proxies are in their process", Options{Nodes: 1, Proxied: true}, Options{Nodes: 1, Proxied: true}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			is.New(t).Equal(tt.want.servedBy(tt.have), tt.ok)
		})
	}
}
