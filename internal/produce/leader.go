package produce

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// writeOnce gives each queue to the leader of its partition, all leaders in
// parallel, and waits for them.
func (p *Producer) writeOnce(ctx context.Context, pl *plan) {
	leaders := p.route(ctx, pl)
	var wg sync.WaitGroup
	for id, queues := range leaders {
		if len(leaders) == 1 {
			p.writeLeader(ctx, pl, id, queues)
			return
		}
		wg.Go(func() { p.writeLeader(ctx, pl, id, queues) })
	}
	wg.Wait()
}

// route finds the leader of each queue that has something left to write, as metadata
// has it. Those that can't be written now get an error.
func (p *Producer) route(ctx context.Context, pl *plan) map[int32][]*queue {
	unknown := p.askAgain(ctx, pl)
	for _, t := range pl.topics {
		if now, ok := p.client.Cached(t.Name); ok {
			p.follow(pl, t, now)
		}
	}
	leaders := make(map[int32][]*queue)
	limit := pl.limit()
	var now cluster.Topic
	for _, q := range pl.queues {
		if len(q.batches) == 0 || q.fatal || q.first() >= limit {
			continue
		}
		if q.topic != now.Name {
			now, _ = p.client.Cached(q.topic)
		}
		part, ok := now.Partition(q.id)
		q.leader, q.sent = -1, false
		switch {
		case unknown != nil:
			q.err = unknown
		case now.Err != nil:
			q.err = fmt.Errorf("write to %s/%d: %w", q.topic, q.id, now.Err)
		case !ok && len(now.Partitions) > 0: // it may just have been added
			q.err = pl.recordError(q.first(), &NoPartitionError{Topic: q.topic, Partition: q.id, Count: len(now.Partitions)})
		case !ok || part.Leader < 0:
			q.err = fmt.Errorf("write to %s/%d: %w", q.topic, q.id, kafkago.LeaderNotAvailable)
		default:
			q.err, q.leader = nil, part.Leader
			leaders[part.Leader] = append(leaders[part.Leader], q)
		}
	}
	return leaders
}

// writeLeader writes queues to one broker until they are empty or have failed.
func (p *Producer) writeLeader(ctx context.Context, pl *plan, leader int32, queues []*queue) {
	for len(queues) > 0 && ctx.Err() == nil {
		now := p.fit(leader, queues)
		if err := p.request(ctx, pl, leader, now); err != nil {
			for _, q := range queues {
				q.err, q.fatal = err, !cluster.Retriable(err)
				q.uncounted = errors.As(err, new(*otherWayError))
			}
			return
		}
		queues = pl.compact(queues)
	}
	for _, q := range queues {
		q.err = context.Cause(ctx)
	}
}

// compact keeps the queues that have something left to write now and didn't fail.
func (pl *plan) compact(queues []*queue) []*queue {
	kept := queues[:0]
	for _, q := range queues {
		if q.err == nil && pl.pending(q) {
			kept = append(kept, q)
		}
	}
	return kept
}

// request sends the first batch of each queue. Its error is that of the whole
// request; what the broker says of each partition goes into the queues.
func (p *Producer) request(ctx context.Context, pl *plan, leader int32, queues []*queue) error {
	if err := p.throttle.wait(ctx, leader); err != nil {
		return err
	}
	conn, err := p.client.Broker(ctx, leader, cluster.Produce)
	if err != nil {
		tried(queues)
		return err
	}
	if !p.encode(queues) {
		return nil
	}
	queues = p.fit(leader, queues) // by their size now: some are not as small as expected
	tried(queues)
	size := sizeOf(queues)
	req := &request{acks: p.cfg.Acks, queues: queues}
	if !req.HasResponse() {
		return p.post(ctx, pl, leader, conn, req)
	}
	began := time.Now()
	frame, err := p.ask(ctx, leader, conn, req)
	if err != nil {
		return p.unanswered(leader, conn, queues, err)
	}
	version, _ := conn.VersionOf(req)
	res, err := parse(frame, version)
	if err != nil {
		return p.unanswered(leader, conn, queues, conn.Refuse(req.ApiKey(), err))
	}
	p.throttle.set(leader, res.throttle)
	p.cfg.Hooks.throttled(res.throttle)
	p.limits.answered(leader, len(queues), size, time.Since(began), res.throttle)
	switch wrote := p.judge(pl, queues, res); {
	case wrote:
		p.clock.wrote(began)
	case slices.ContainsFunc(queues, func(q *queue) bool { return !outage(q.err) }):
		p.clock.took(began)
	}
	return nil
}

// ask sends a request and returns the answer. The broker may wait for its replicas for
// three quarters of the time for which it may be silent: then it says that they are slow.
// What isn't numbered is written twice if it is sent again too soon: where the leader
// waits for replicas, it has all of requestTimeout.
func (p *Producer) ask(ctx context.Context, leader int32, conn *wire.Conn, req *request) ([]byte, error) {
	silence, timeout := p.cfg.RequestTimeout, p.cfg.RequestTimeout
	if p.idempotent() || p.cfg.Acks == AcksOne {
		silence = p.silences.allowed(leader, p.cfg.RequestTimeout)
		timeout = silence - silence/4
	}
	req.timeout = int32(max(timeout.Milliseconds(), 1))
	began := time.Now()
	silence += time.Duration(sizeOf(req.queues)) * time.Second / slowestLink
	limited, cancel := context.WithTimeout(ctx, min(silence, p.cfg.RequestTimeout))
	defer cancel()
	frame, err := p.client.AskLeader(limited, leader, conn, req, 0, partitionsOf(req.queues))
	p.silences.note(leader, time.Since(began), err)
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
			if !yield(q.topic, q.id) {
				return
			}
		}
	}
}

// encode compresses and numbers the first batch of each queue, in parallel. It returns
// false if one can't be encoded, which then has its error.
func (p *Producer) encode(queues []*queue) bool {
	errs := make([]error, len(queues))
	var wg sync.WaitGroup
	for i, q := range queues {
		b := q.batches[0]
		if b.encoded != nil {
			continue
		}
		finish := func() { b.encoded, errs[i] = b.writer.Finish(p.cfg.Codec, p.cfg.Level) }
		if p.cfg.Codec == recordbatch.None { // then it costs less than a goroutine
			finish()
		} else {
			wg.Go(finish)
		}
	}
	wg.Wait()
	ok := true
	for i, q := range queues {
		b := q.batches[0]
		switch {
		case errs[i] != nil:
			q.err, q.fatal, ok = fmt.Errorf("write to %s/%d: %w", q.topic, q.id, errs[i]), true, false
		case p.idempotent() && !b.stamped:
			b.stamp, b.stamped = p.sequences.take(q.key, len(b.indexes)), true
			b.writer.SetProducer(b.encoded, b.stamp.id, b.stamp.epoch, b.stamp.seq)
		}
	}
	return ok
}
