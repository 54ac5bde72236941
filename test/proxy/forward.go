package proxy

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// chunk is what was read at once, and when it may go on.
type chunk struct {
	data []byte
	due  time.Time
}

// forward returns when the connection has ended and its goroutines with it.
func (c *Conn) forward() {
	var wg sync.WaitGroup
	pipe := func(d Direction, src, dst *net.TCPConn) {
		chunks := make(chan chunk, 64)
		wg.Go(func() { c.read(src, chunks) })
		wg.Go(func() { c.write(d, src, dst, chunks) })
	}
	pipe(ToServer, c.client, c.server)
	pipe(ToClient, c.server, c.client)
	wg.Wait()
	c.Reset() // both streams have ended; this frees the sockets
}

// read takes from src what it has and stamps it; a broken src resets the connection.
func (c *Conn) read(src *net.TCPConn, chunks chan<- chunk) {
	defer close(chunks)
	for {
		buf := make([]byte, 32<<10)
		n, err := src.Read(buf)
		if n > 0 {
			r, _ := c.current()
			select {
			case chunks <- chunk{data: buf[:n], due: time.Now().Add(r.delay)}:
			case <-c.done:
				return
			}
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			if c.thawed(Both) {
				c.Reset()
			}
			return
		}
	}
}

// write gives dst what was read, when and as fast as the rules want it.
func (c *Conn) write(d Direction, src, dst *net.TCPConn, chunks <-chan chunk) {
	for ch := range chunks {
		if !c.sleep(time.Until(ch.due)) {
			return
		}
		for data := ch.data; len(data) > 0; {
			if !c.thawed(d) {
				return
			}
			n, cut := c.allowance(d, len(data))
			if _, err := dst.Write(data[:n]); err != nil {
				c.Reset()
				return
			}
			c.passed[d.index()].Add(int64(n))
			if cut {
				c.cutFrom(src)
				return
			}
			if r, _ := c.current(); r.rate > 0 && !c.sleep(time.Duration(n)*time.Second/time.Duration(r.rate)) {
				return
			}
			data = data[n:]
		}
	}
	if c.thawed(d) {
		_ = dst.CloseWrite()
	}
}

// cutFrom resets the side that was sending and closes the other.
func (c *Conn) cutFrom(src *net.TCPConn) {
	if src == c.client {
		c.end(reset, hangup)
	} else {
		c.end(hangup, reset)
	}
}

// allowance returns how many of n bytes may go now, and whether they are the last.
func (c *Conn) allowance(d Direction, n int) (allowed int, last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rules.rate > 0 {
		n = min(n, max(1, c.rules.rate/50))
	}
	left := &c.rules.cutAfter[d.index()]
	if *left < 0 {
		return n, false
	}
	n = int(min(int64(n), *left))
	*left -= int64(n)
	return n, *left == 0
}

// thawed waits while the direction is frozen; false: the connection was cut.
func (c *Conn) thawed(d Direction) bool {
	for {
		r, changed := c.current()
		if r.frozen&d == 0 {
			select {
			case <-c.done:
				return false
			default:
				return true
			}
		}
		select {
		case <-changed:
		case <-c.done:
			return false
		}
	}
}

// sleep waits; false: the connection was cut meanwhile.
func (c *Conn) sleep(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-c.done:
		return false
	}
}
