package produce

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// With acks none a broker answers nothing. One that could not write what it got, for
// example because it does not lead the partition any more, says so by hanging up:
// whoever sent it shall ask again who leads. What was sent on that connection may be
// lost, and nothing tells how much of it.

// posted are the connections on which something was posted last, by broker, and the
// topics for which somebody else may lead now.
type posted struct {
	mu    sync.Mutex
	conns map[int32]*post
	moved map[string]bool // topics that are to be asked for before anything is posted to them
}

// post is what was posted last on a connection.
type post struct {
	conn   *wire.Conn
	at     time.Time
	queues int             // in the request
	size   int             // of it, in bytes
	topics map[string]bool // all that were posted on the connection
	died   time.Time       // when the connection ended; zero: it has not, or a moment ago
}

// soonAfterPost is how soon after a post a connection must end for the end to be about
// it. Brokers close connections that are idle for minutes too.
const soonAfterPost = time.Minute

func (p *posted) note(leader int32, conn *wire.Conn, queues []*queue) {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := p.conns[leader]
	if last == nil {
		last = &post{conn: conn, topics: make(map[string]bool)}
		if p.conns == nil {
			p.conns = make(map[int32]*post)
		}
		p.conns[leader] = last
		go p.watch(last)
	}
	last.at, last.queues, last.size = time.Now(), len(queues), sizeOf(queues)
	for _, q := range queues {
		last.topics[q.Topic] = true
	}
}

// watch notes when a connection ends.
func (p *posted) watch(last *post) {
	<-last.conn.Dead()
	p.mu.Lock()
	last.died = time.Now()
	p.mu.Unlock()
}

// others reports whether a connection to a broker is not the one on which something was
// posted last. One that still lives, because the broker got another address, is no
// longer the last then.
func (p *posted) others(leader int32, conn *wire.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	last, ok := p.conns[leader]
	if !ok || last.conn == conn {
		return false
	}
	if !dead(last.conn) {
		p.endLocked(leader)
	}
	return true
}

// hungUp takes out the connections that have ended. It returns those that did so soon
// after a post.
func (p *posted) hungUp() map[int32]post {
	p.mu.Lock()
	defer p.mu.Unlock()
	var soon map[int32]post
	for leader, last := range p.conns {
		if !dead(last.conn) {
			continue
		}
		p.endLocked(leader)
		died := last.died
		if died.IsZero() {
			died = time.Now()
		}
		if died.Sub(last.at) < soonAfterPost {
			if soon == nil {
				soon = make(map[int32]post)
			}
			soon[leader] = *last
		}
	}
	return soon
}

// endLocked forgets a connection: all that was posted on it may have another leader now.
func (p *posted) endLocked(leader int32) {
	if p.moved == nil {
		p.moved = make(map[string]bool)
	}
	maps.Copy(p.moved, p.conns[leader].topics)
	delete(p.conns, leader)
}

func dead(conn *wire.Conn) bool {
	select {
	case <-conn.Dead():
		return true
	default:
		return false
	}
}

// toAsk lists those of topics that are to be asked for first.
func (p *posted) toAsk(topics []string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(topics, func(name string) bool { return !p.moved[name] })
}

// asked notes that metadata is new for topics.
func (p *posted) asked(topics []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, name := range topics {
		delete(p.moved, name)
	}
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
		p.limits.lower(leader, last.queues, last.size)
		p.cfg.Warn(fmt.Sprintf("write to broker %d", leader), errHungUp)
	}
	topics := p.posted.toAsk(pl.unsettledTopics())
	if len(topics) == 0 {
		return nil
	}
	const last = false // attempt
	err := p.question(ctx, last, func(ctx context.Context) error {
		_, err := p.client.Refresh(ctx, topics)
		return err
	})
	if err != nil {
		return fmt.Errorf("ask who leads after a broker hung up: %w", err)
	}
	p.posted.asked(topics)
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
	p.posted.note(leader, conn, req.queues)
	for _, q := range req.queues {
		p.settled(pl, q)
	}
	return nil
}
