// Package proxy stands between a client and a broker and spoils the
// connection: latency, lack of bandwidth, silence, resets, refusal.
//
// A fault set on a [Proxy] is for all its connections, those to come
// included; a fault set on a [Conn] is for that one. Everything starts
// passing. Close stops every goroutine.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
)

// Direction says which way bytes go.
type Direction int

// The two directions, and both.
const (
	ToServer Direction = 1 << iota
	ToClient
	Both = ToServer | ToClient
)

// Proxy forwards every connection to one target.
type Proxy struct {
	addr   string
	target string
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup // accept loops and connections

	mu       sync.Mutex
	listener net.Listener // nil while refusing
	rules    rules        // what a new connection starts with
	conns    []*Conn      // open, the oldest first
	accepted int
}

// Listen starts a proxy on addr, "127.0.0.1:0" for a free port, that dials
// target for each connection it accepts. Close it.
func Listen(addr, target string) (*Proxy, error) {
	p := &Proxy{addr: addr, target: target, rules: passing()}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	if err := p.listen(); err != nil {
		p.cancel()
		return nil, err
	}
	return p, nil
}

func (p *Proxy) listen() error {
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		return fmt.Errorf("start proxy: %w", err)
	}
	p.listener, p.addr = l, l.Addr().String()
	p.wg.Add(1)
	go p.accept(l)
	return nil
}

// Addr returns the address to connect to, "host:port".
func (p *Proxy) Addr() string { return p.addr }

// Conns returns the open connections, the oldest first.
func (p *Proxy) Conns() []*Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.conns)
}

// Accepted returns how many connections there have been so far.
func (p *Proxy) Accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// Close stops listening, resets every connection and waits for all goroutines.
func (p *Proxy) Close() error {
	p.cancel()
	p.mu.Lock()
	if p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
	p.mu.Unlock()
	p.Reset()
	p.wg.Wait()
	return nil
}

func (p *Proxy) accept(l net.Listener) {
	defer p.wg.Done()
	for {
		client, err := l.Accept()
		if err != nil {
			return // closed
		}
		p.wg.Add(1)
		go func() {
			defer p.wg.Done()
			p.serve(client.(*net.TCPConn))
		}()
	}
}

// serve forwards one connection until both of its sides are closed.
func (p *Proxy) serve(client *net.TCPConn) {
	var d net.Dialer
	server, err := d.DialContext(p.ctx, "tcp", p.target)
	if err != nil {
		reset(client)
		return
	}
	c := newConn(client, server.(*net.TCPConn))
	p.mu.Lock()
	c.rules = p.rules
	p.conns = append(p.conns, c)
	p.accepted++
	closed := p.ctx.Err() != nil
	p.mu.Unlock()
	if closed { // after Close had reset those that it saw
		c.Reset()
	}

	c.forward()

	p.mu.Lock()
	p.conns = slices.DeleteFunc(p.conns, func(o *Conn) bool { return o == c })
	p.mu.Unlock()
}

// Refuse stops listening: who dials is refused. Open connections go on.
func (p *Proxy) Refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
}

// Pass ends every fault: it listens again, on the same port, and what was
// held back goes on.
func (p *Proxy) Pass() error {
	p.change((*rules).pass)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ctx.Err() != nil {
		return errors.New("start proxy: it is closed")
	}
	if p.listener != nil {
		return nil
	}
	return p.listen()
}
