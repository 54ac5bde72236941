package produce

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// With acks none a broker answers nothing. One that could not write what it got, for
// example because it does not lead the partition any more, says so by hanging up:
// whoever sent it shall ask again who leads. What was sent on that connection may be
// lost, and nothing tells how much of it.

// posted are the connections on which something was posted last, by broker.
type posted struct {
	asking bool // whether to ask who leads: something hung up since

	mu    sync.Mutex
	conns map[int32]post
}

// post is what was posted last on a connection.
type post struct {
	conn   *wire.Conn
	at     time.Time
	queues int // in the request
	size   int // of it, in bytes
}

// warnAfterPost is how soon after a post a connection must have ended for the end to be
// about it. Brokers close connections that are idle for minutes too.
const warnAfterPost = time.Minute

func (p *posted) note(leader int32, last post) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conns == nil {
		p.conns = make(map[int32]post)
	}
	p.conns[leader] = last
}

// others reports whether a connection to a broker is not the one on which something was
// posted last.
func (p *posted) others(leader int32, conn *wire.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	last, ok := p.conns[leader]
	return ok && last.conn != conn
}

// hungUp takes out the connections that have ended.
func (p *posted) hungUp() map[int32]post {
	p.mu.Lock()
	defer p.mu.Unlock()
	ended := make(map[int32]post)
	for leader, last := range p.conns {
		select {
		case <-last.conn.Dead():
			ended[leader] = last
			delete(p.conns, leader)
		default:
		}
	}
	return ended
}

// errHungUp is about what was posted.
var errHungUp = errors.New("the broker hung up after a write with acks none: what was last sent to it may be lost")

// askAgain asks who leads the topics of a plan where a connection has ended on which
// something was posted. Its error is why nothing should be posted now.
func (p *Producer) askAgain(ctx context.Context, pl *plan) error {
	if p.cfg.Acks != AcksNone {
		return nil
	}
	for leader, last := range p.posted.hungUp() {
		p.posted.asking = true
		p.limits.lower(leader, last.queues, last.size)
		if time.Since(last.at) < warnAfterPost {
			p.cfg.Warn(fmt.Sprintf("write to broker %d", leader), errHungUp)
		}
	}
	if !p.posted.asking {
		return nil
	}
	if _, err := p.client.Refresh(ctx, pl.unsettledTopics(), false); err != nil {
		return fmt.Errorf("ask who leads after a broker hung up: %w", err)
	}
	p.posted.asking = false
	return nil
}

// post sends a request that is not answered, and treats it as written.
func (p *Producer) post(ctx context.Context, pl *plan, leader int32, conn *wire.Conn, req *request) error {
	if p.posted.others(leader, conn) {
		return &otherWayError{errHungUp} // in the middle of a Send: route asks again
	}
	if err := conn.Post(ctx, req); err != nil {
		return p.unanswered(leader, conn, req.queues, err)
	}
	p.posted.note(leader, post{conn, time.Now(), len(req.queues), sizeOf(req.queues)})
	for _, q := range req.queues {
		pl.settled(q)
	}
	return nil
}
