package broker

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// What listens for a node, in the order of the ports.
const (
	plaintext = iota
	ssl
	saslSSL
	saslPlaintext
	direct // between the brokers and for the harness: never proxied
	controller
	listeners
	front = listeners // of the proxy before plaintext: no listener of the node
)

// layout gives every listener of every node its port: a contiguous block, so
// that one range publishes them all; the ports of the proxies follow.
type layout struct {
	Base  int `json:"base"`
	Nodes int `json:"nodes"`
}

func (l layout) port(node, listener int) int {
	if listener == front {
		return l.Base + l.Nodes*listeners + node - 1
	}
	return l.Base + (node-1)*listeners + listener
}

// published returns the first and the last port of the nodes themselves.
func (l layout) published() (first, last int) {
	return l.Base, l.Base + l.Nodes*listeners - 1
}

func (l layout) addr(node, listener int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(l.port(node, listener)))
}

// addrs returns the listener's address on every node.
func (l layout) addrs(listener int) []string {
	out := make([]string, l.Nodes)
	for i := range out {
		out[i] = l.addr(i+1, listener)
	}
	return out
}

// freePorts finds a block of free ports. It looks below the ranges that
// systems give to outgoing connections, so that a node that is started again
// finds its ports free.
func freePorts(nodes int) (layout, error) {
	const low, high, tries = 10000, 32000, 200
	for range tries {
		l := layout{Base: low + rand.IntN(high-low), Nodes: nodes}
		if l.free() {
			return l, nil
		}
	}
	return layout{}, fmt.Errorf("find free ports: no block of %d in %d tries", nodes*(listeners+1), tries)
}

func (l layout) free() bool {
	for p := l.Base; p < l.Base+l.Nodes*(listeners+1); p++ {
		ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p)))
		if err != nil {
			return false
		}
		_ = ln.Close()
	}
	return true
}
