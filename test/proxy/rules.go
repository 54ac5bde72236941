package proxy

import "time"

// rules are the faults of one connection.
type rules struct {
	frozen   Direction     // the directions in which nothing moves
	delay    time.Duration // from a byte's arrival to its departure
	rate     int           // bytes a second and direction; 0: unlimited
	cutAfter [2]int64      // bytes still to pass, by index(); -1: no end
}

func passing() rules {
	return rules{cutAfter: [2]int64{-1, -1}}
}

func (r *rules) pass() { *r = passing() }

// index returns where cutAfter keeps a single direction.
func (d Direction) index() int { return int(d) / 2 }

// Faults is what can be set on a [Proxy] and on a [Conn] alike.
type Faults interface {
	// Delay makes every byte arrive d later; order and bandwidth stay.
	Delay(d time.Duration)

	// Throttle lets through at most this many bytes a second in each direction;
	// 0 is no limit.
	Throttle(bytesPerSecond int)

	// Freeze stops what goes in the given directions and keeps the connection
	// open. A side that closes is not noticed by the other: it is half open.
	Freeze(d Direction)

	// Thaw lets go on what Freeze has stopped.
	Thaw(d Direction)

	// CutAfter ends a connection when n more bytes have passed in the given
	// direction: the receiver gets them and then the end, the sender a reset.
	CutAfter(d Direction, n int64)

	// Reset cuts at once: both sides get a TCP reset.
	Reset()

	// Hangup closes at once, in order: both sides read the end of the stream.
	Hangup()
}

var _, _ Faults = (*Proxy)(nil), (*Conn)(nil)

func setDelay(d time.Duration) func(*rules) {
	return func(r *rules) { r.delay = d }
}

func setRate(n int) func(*rules) {
	return func(r *rules) { r.rate = max(n, 0) }
}

func freeze(d Direction) func(*rules) {
	return func(r *rules) { r.frozen |= d }
}

func thaw(d Direction) func(*rules) {
	return func(r *rules) { r.frozen &^= d }
}

func cutAfter(d Direction, n int64) func(*rules) {
	return func(r *rules) {
		for _, one := range []Direction{ToServer, ToClient} {
			if d&one != 0 {
				r.cutAfter[one.index()] = n
			}
		}
	}
}

// Delay implements [Faults].
func (p *Proxy) Delay(d time.Duration) { p.change(setDelay(d)) }

// Throttle implements [Faults].
func (p *Proxy) Throttle(bytesPerSecond int) { p.change(setRate(bytesPerSecond)) }

// Freeze implements [Faults]. Later connections are accepted, and as silent.
func (p *Proxy) Freeze(d Direction) { p.change(freeze(d)) }

// Thaw implements [Faults].
func (p *Proxy) Thaw(d Direction) { p.change(thaw(d)) }

// CutAfter implements [Faults]. Each connection counts for itself, later ones too.
func (p *Proxy) CutAfter(d Direction, n int64) { p.change(cutAfter(d, n)) }

// Reset implements [Faults]. Later connections pass.
func (p *Proxy) Reset() {
	for _, c := range p.Conns() {
		c.Reset()
	}
}

// Hangup implements [Faults]. Later connections pass.
func (p *Proxy) Hangup() {
	for _, c := range p.Conns() {
		c.Hangup()
	}
}

func (p *Proxy) change(f func(*rules)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.rules)
	for _, c := range p.conns {
		c.change(f)
	}
}
