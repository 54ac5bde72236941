package produce

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// request sends the first batch of each queue. Its error is that of the whole
// request; what the broker says of each partition goes into the queues.
func (p *Producer) request(ctx context.Context, pl *plan, leader int32, line cluster.Purpose, queues []*queue) error {
	if err := p.throttle.wait(ctx, leader); err != nil {
		return err
	}
	conn, err := p.connection(ctx, leader, line)
	switch {
	case errors.Is(err, errNoLine):
		return err
	case err != nil:
		tried(queues)
		return err
	}
	if !p.encode(queues) {
		return nil
	}
	queues = p.fit(leader, queues) // by their size now: some are not as small as expected
	tried(queues)
	size := sizeOf(queues)
	req := &request{acks: p.cfg.Acks, queues: queues, transactional: p.transactionalID()}
	if !req.HasResponse() {
		return p.post(ctx, pl, leader, conn, req)
	}
	version, _ := conn.VersionOf(req)
	req.sent(version)
	began := time.Now()
	frame, err := p.ask(ctx, leader, conn, req)
	if err != nil {
		return p.unanswered(leader, conn, queues, err)
	}
	res, err := parse(frame, version, req)
	if err != nil {
		return p.unanswered(leader, conn, queues, conn.Refuse(req.ApiKey(), err))
	}
	p.throttle.set(leader, res.quiet)
	p.cfg.Hooks.throttled(res.throttle)
	p.limits.answered(leader, len(queues), size, time.Since(began), res.throttle)
	wrote := p.judge(pl, queues, res)
	p.learnLeaders(queues, res)
	switch {
	case wrote:
		p.clock.wrote(began)
	case slices.ContainsFunc(queues, func(q *queue) bool { return !outage(q.err) }):
		p.clock.took(began)
	}
	return nil
}

// connection is a line to a broker. Only for the first is one waited for.
func (p *Producer) connection(ctx context.Context, leader int32, line cluster.Purpose) (*wire.Conn, error) {
	if line == lines[0] {
		return p.client.Broker(ctx, leader, line)
	}
	if conn := p.client.Ready(leader, line); conn != nil {
		return conn, nil
	}
	return nil, errNoLine
}

// ask sends a request and returns the answer. The broker may wait for its replicas for
// three quarters of the time for which it may be silent: then it says that they are slow.
// What isn't numbered is written twice if it is sent again too soon: where the leader
// waits for replicas, it has all of requestTimeout.
func (p *Producer) ask(ctx context.Context, leader int32, conn *wire.Conn, req *request) ([]byte, error) {
	silence, timeout := p.cfg.RequestTimeout, p.cfg.RequestTimeout
	if p.idempotent() || p.cfg.Acks == AcksOne {
		silence = p.silence(leader, slices.ContainsFunc(req.queues, p.lastAttempt))
		timeout = silence - silence/4
	}
	req.timeout = int32(max(timeout.Milliseconds(), 1))
	began := time.Now()
	size := sizeOf(req.queues)
	silence += time.Duration(p.flights.begin(leader, size)) * time.Second / slowestLink
	limited, cancel := context.WithTimeout(ctx, min(silence, p.cfg.RequestTimeout))
	defer cancel()
	frame, err := p.client.AskLeader(limited, leader, conn, req, 0, partitionsOf(req.queues))
	took := time.Since(began)
	p.flights.end(leader, size, err == nil && took < quickAnswer)
	p.silences.note(leader, took, err)
	return frame, err
}

// unanswered is the error of a request which the broker may have carried out.
func (p *Producer) unanswered(leader int32, conn *wire.Conn, queues []*queue, err error) error {
	for _, q := range queues {
		q.batches[0].uncertain = true
	}
	if silent(err) {
		p.limits.slower(leader, len(queues), sizeOf(queues))
	}
	if hungUp(err) {
		return p.limits.hungUp(leader, conn.Addr(), queues, err)
	}
	return err
}

// lastAttempt reports whether the first batch of a queue may not be sent after this.
func (p *Producer) lastAttempt(q *queue) bool { return q.batches[0].attempts+1 == p.cfg.MaxAttempts }

// tried notes an attempt to send the first batch of each queue.
func tried(queues []*queue) {
	for _, q := range queues {
		q.sent = true
	}
}

// partitionsOf lists those of queues.
func partitionsOf(queues []*queue) iter.Seq2[string, int32] {
	return func(yield func(string, int32) bool) {
		for _, q := range queues {
			if !yield(q.Topic, q.Partition) {
				return
			}
		}
	}
}
