package simulation

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"
)

// Network connects hosts with brokers in memory. What happens on it is decided by
// the seed, each connection having a generator of its own, so that one more
// connection changes nothing for the others.
type Network struct {
	seed    uint64
	Latency time.Duration // of one way, at the most; half of it at the least

	// Counted is called with each request of a host, Changed with each answer to
	// one, which it may change in place. Belated is called where a host gives up a
	// connection on which requests may still be on their way, with when they arrive.
	Counted func(l *link, r request)
	Changed func(l *link, r request, frame []byte)
	Belated func(arrives time.Time)

	mu        sync.Mutex
	listeners map[string]*listener
	links     map[*link]struct{}
	dials     map[string]int
	brokers   map[string]*condition
	factor    int64 // of the latency
}

// condition is what is wrong with a broker, as seen from the network.
type condition struct {
	down      bool      // connections are refused
	frozen    time.Time // connections are taken, and nothing comes, until then
	unplugged time.Time // connections are not even taken until then
}

// NewNetwork returns a network without hosts.
func NewNetwork(seed uint64, latency time.Duration) *Network {
	return &Network{
		seed: seed, Latency: latency, factor: 1,
		Counted:   func(*link, request) {},
		Changed:   func(*link, request, []byte) {},
		Belated:   func(time.Time) {},
		listeners: make(map[string]*listener), links: make(map[*link]struct{}),
		dials: make(map[string]int), brokers: make(map[string]*condition),
	}
}

func (n *Network) delay(r *rand.Rand) func() time.Duration {
	return func() time.Duration {
		n.mu.Lock()
		defer n.mu.Unlock()
		return time.Duration((int64(n.Latency)/2 + r.Int64N(int64(n.Latency)/2)) * n.factor)
	}
}

func (n *Network) count(l *link, r request)                { n.Counted(l, r) }
func (n *Network) change(l *link, r request, frame []byte) { n.Changed(l, r, frame) }

func (n *Network) forget(l *link) {
	n.mu.Lock()
	delete(n.links, l)
	n.mu.Unlock()
}

// Listen is for kfake.ListenFn.
func (n *Network) Listen(_, address string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := &listener{address: addr(address), backlog: make(chan net.Conn, 1024), closed: make(chan struct{})}
	n.listeners[address] = l
	n.brokers[address] = new(condition)
	return l, nil
}

type addr string

func (addr) Network() string  { return "memory" }
func (a addr) String() string { return string(a) }

type listener struct {
	address addr
	backlog chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.backlog:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return l.address }

// Host is a process that connects to brokers.
type Host struct {
	network *Network
	name    string
	exempt  bool // from what is wrong with brokers

	dead   bool // guarded by the network's lock, as the next one is
	frozen time.Time
}

// Host adds a host.
func (n *Network) Host(name string) *Host { return &Host{network: n, name: name} }

// Kill cuts a host off for ever: nothing that it sends arrives, and the brokers see
// its connections reset.
func (h *Host) Kill() { h.die((*link).reset) }

// Vanish ends a host's connections as its operating system does when the process is killed:
// what it has sent still arrives, and nothing after that.
func (h *Host) Vanish() { h.die(func(l *link) { _ = l.client.Close() }) }

// die ends each of a host's connections, and lets it make no other.
func (h *Host) die(end func(*link)) {
	h.network.mu.Lock()
	h.dead = true
	h.network.mu.Unlock()
	for _, l := range h.network.Links() {
		if l.host == h {
			end(l)
		}
	}
}

// Freeze holds back all that a host sends and gets.
func (h *Host) Freeze(d time.Duration) {
	until := time.Now().Add(d)
	h.network.mu.Lock()
	h.frozen = later(h.frozen, until)
	h.network.mu.Unlock()
	for _, l := range h.network.Links() {
		if l.host == h {
			l.hold(until)
		}
	}
}

// Dial connects to a broker; it is a wire.Dialer.
func (h *Host) Dial(ctx context.Context, _, address string) (net.Conn, error) {
	n := h.network
	n.mu.Lock()
	key := h.name + ">" + address
	n.dials[key]++
	id := fmt.Sprintf("%s#%d", key, n.dials[key])
	at := n.brokers[address]
	n.mu.Unlock()
	if at == nil {
		return nil, fmt.Errorf("dial %s: %w", address, errRefused)
	}
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(id))
	r := rand.New(rand.NewPCG(n.seed, sum.Sum64()))
	up, down := rand.New(rand.NewPCG(r.Uint64(), 1)), rand.New(rand.NewPCG(r.Uint64(), 2))
	if err := h.reach(ctx, at, n.delay(r)); err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if h.dead || at.down && !h.exempt {
		return nil, fmt.Errorf("dial %s: %w", address, errRefused)
	}
	l := &link{network: n, id: id, host: h, broker: address}
	asks, answers := newHalf(n.delay(up)), newHalf(n.delay(down))
	l.client = &end{link: l, in: answers, out: asks, local: addr(h.name), remote: addr(address)}
	l.server = &end{link: l, in: asks, out: answers, local: addr(address), remote: addr(h.name), broker: true}
	held := h.frozen
	if !h.exempt {
		held = later(held, at.frozen)
	}
	asks.held, answers.held = held, held
	n.links[l] = struct{}{}
	n.listeners[address].backlog <- l.server
	return l.client, nil
}

// reach waits until a broker takes the connection.
func (h *Host) reach(ctx context.Context, at *condition, delay func() time.Duration) error {
	until := time.Now().Add(delay())
	for {
		h.network.mu.Lock()
		if !h.exempt {
			until = later(until, at.unplugged)
		}
		until = later(until, h.frozen)
		h.network.mu.Unlock()
		if passed(until) {
			return nil
		}
		timer := time.NewTimer(min(time.Until(until), time.Second))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		until = later(time.Time{}, time.Now())
	}
}

// Links are the open connections of hosts that are not exempt, in the order of their
// names.
func (n *Network) Links() []*link {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []*link
	for l := range n.links {
		if !l.host.exempt {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b *link) int { return cmp.Compare(a.id, b.id) })
	return out
}

func (n *Network) linksTo(address string) []*link {
	return slices.DeleteFunc(n.Links(), func(l *link) bool { return l.broker != address })
}

// Down has a broker refuse connections, or take them again.
func (n *Network) Down(address string, down bool) {
	n.mu.Lock()
	n.brokers[address].down = down
	n.mu.Unlock()
	if down {
		for _, l := range n.linksTo(address) {
			l.reset()
		}
	}
}

// Freeze has a broker take connections and say nothing. Unplugged, it does not even
// take them.
func (n *Network) Freeze(address string, d time.Duration, unplugged bool) {
	until := time.Now().Add(d)
	n.mu.Lock()
	at := n.brokers[address]
	at.frozen = later(at.frozen, until)
	if unplugged {
		at.unplugged = later(at.unplugged, until)
	}
	n.mu.Unlock()
	for _, l := range n.linksTo(address) {
		l.hold(until)
	}
}

// Slow multiplies the latency.
func (n *Network) Slow(factor int64) {
	n.mu.Lock()
	n.factor = factor
	n.mu.Unlock()
}

// Heal takes everything back, but for hosts that are dead and connections that are
// half open.
func (n *Network) Heal() {
	n.mu.Lock()
	for _, at := range n.brokers {
		*at = condition{}
	}
	n.factor = 1
	n.mu.Unlock()
}
