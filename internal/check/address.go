package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/segmentio/kafka-go/protocol/metadata"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// origin is where an address comes from, and so who has to correct it.
type origin string

const (
	bootstrap  origin = "the servers setting"
	advertised origin = "the brokers' advertised.listeners"
)

// atOnce is how many addresses are tried at a time.
const atOnce = 32

// addresses tries each address, many at a time, and returns those that were
// reached.
func (r *run) addresses(ctx context.Context, addrs []string, from origin) []string {
	attempts := make([]*attempt, len(addrs))
	var wg sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	for i, addr := range addrs {
		a := &attempt{run: run{Plan: r.Plan}, addr: addr, from: from}
		attempts[i] = a
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			a.try(ctx)
		})
	}
	wg.Wait()
	var reached []string
	for _, a := range attempts {
		r.results = append(r.results, a.results...)
		if a.reached {
			reached = append(reached, a.addr)
		}
	}
	return reached
}

// attempt is one address.
type attempt struct {
	run
	addr    string
	from    origin
	reached bool
}

// stages are the steps of a connection in their order.
var stages = []wire.Stage{wire.Connected, wire.Secured, wire.Greeted, wire.Authenticated}

var stepOf = map[wire.Stage]string{
	wire.Connected: "connect", wire.Secured: "TLS", wire.Greeted: "API versions", wire.Authenticated: "SASL",
}

func (a *attempt) try(ctx context.Context) {
	if !a.resolve(ctx) {
		return
	}
	var last wire.Stage
	cfg := a.Connection
	cfg.Hooks = wire.Hooks{Reached: func(s wire.Stage) { last = s }}
	conn, err := wire.Dial(ctx, a.addr, cfg)
	if err == nil {
		last = wire.Authenticated
		a.reached = true
		_ = conn.Close()
	} else if refusedCertificate(err) {
		last = wire.Connected // with TLS 1.3 it shows only after the handshake
	}
	failed := false
	for _, s := range stages {
		switch why := a.unneeded(s); {
		case why != "":
			a.skip(stepOf[s], a.addr, why)
		case failed:
			a.skip(stepOf[s], a.addr, "the step before it failed")
		case s <= last:
			a.ok(stepOf[s], a.addr, a.found(s))
		default:
			failed = true
			a.fail(stepOf[s], a.addr, err.Error(), a.remedy(s, err))
		}
	}
}

// resolve finds out what a name stands for.
func (a *attempt) resolve(ctx context.Context) bool {
	host, _, err := net.SplitHostPort(a.addr)
	if err != nil {
		a.fail("resolve", a.addr, err.Error(), fmt.Sprintf("correct %s: host:port is expected", a.from))
		return false
	}
	if net.ParseIP(host) != nil {
		return true // it is an address already
	}
	ctx, cancel := context.WithTimeout(ctx, a.Connection.DialTimeout)
	defer cancel()
	ips, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		a.fail("resolve", host, err.Error(), fmt.Sprintf("this machine does not know the name: correct %s, or make the name known here (DNS, /etc/hosts)", a.from))
		return false
	}
	a.ok("resolve", host, strings.Join(ips, ", "))
	return true
}

func (a *attempt) unneeded(s wire.Stage) string {
	switch {
	case s == wire.Secured && a.Connection.TLS == nil:
		return "tls.enabled is off"
	case s == wire.Authenticated && a.Connection.SASL == nil:
		return "saslMechanism is not set"
	}
	return ""
}

func (a *attempt) found(s wire.Stage) string {
	if s == wire.Authenticated {
		return "authenticated with " + a.Connection.SASL.Name()
	}
	return ""
}

// refusedCertificate reports whether a broker ended the TLS connection with an alert.
func refusedCertificate(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// unseen lists the addresses of brokers that are not among the bootstrap servers.
func (r *run) unseen(brokers []metadata.ResponseBroker) []string {
	var out []string
	for _, b := range brokers {
		addr := net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port)))
		if !slices.Contains(r.Servers, addr) && !slices.Contains(out, addr) {
			out = append(out, addr)
		}
	}
	return out
}

func brokersOf(m *metadata.Response) string {
	list := make([]string, len(m.Brokers))
	for i, b := range m.Brokers {
		list[i] = fmt.Sprintf("%d at %s", b.NodeID, net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port))))
	}
	return fmt.Sprintf("brokers: %s", strings.Join(list, ", "))
}
