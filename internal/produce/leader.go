package produce

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// maxRequestBytes bounds one request; brokers refuse more than 100 MiB
// (socket.request.max.bytes) by cutting the connection.
const maxRequestBytes = 32 << 20

// writeOnce gives each queue to the leader of its partition, all leaders in
// parallel, and waits for them.
func (p *Producer) writeOnce(ctx context.Context, pl *plan) {
	leaders := make(map[int32][]*queue)
	limit := pl.limit()
	for _, q := range pl.queues {
		if len(q.batches) == 0 || q.first() >= limit {
			continue
		}
		q.err = nil
		t, _ := p.client.Cached(q.topic)
		part, ok := t.Partition(q.id)
		if !ok || part.Leader < 0 {
			q.err = fmt.Errorf("write to %s/%d: %w", q.topic, q.id, kafkago.LeaderNotAvailable)
			continue
		}
		leaders[part.Leader] = append(leaders[part.Leader], q)
	}
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

// writeLeader writes queues to one broker until they are empty or have failed.
func (p *Producer) writeLeader(ctx context.Context, pl *plan, leader int32, queues []*queue) {
	for len(queues) > 0 && ctx.Err() == nil {
		now := p.fit(queues)
		if err := p.request(ctx, pl, leader, now); err != nil {
			for _, q := range queues {
				q.err = err
			}
			return
		}
		queues = compact(queues)
	}
	for _, q := range queues {
		q.err = ctx.Err()
	}
}

// compact keeps the queues that have something left and didn't fail.
func compact(queues []*queue) []*queue {
	kept := queues[:0]
	for _, q := range queues {
		if len(q.batches) > 0 && q.err == nil {
			kept = append(kept, q)
		}
	}
	return kept
}

// fit takes as many queues from the front as one request may carry.
func (p *Producer) fit(queues []*queue) []*queue {
	size := 0
	for i, q := range queues {
		size += q.batches[0].writer.Size()
		if i > 0 && size > maxRequestBytes {
			return queues[:i]
		}
	}
	return queues
}

// request sends the first batch of each queue. Its error is that of the whole
// request; what the broker says of each partition goes into the queues.
func (p *Producer) request(ctx context.Context, pl *plan, leader int32, queues []*queue) error {
	if err := p.throttle.wait(ctx, leader); err != nil {
		return err
	}
	conn, err := p.client.Broker(ctx, leader, cluster.Produce)
	if err != nil {
		return err
	}
	if err := p.encode(queues); err != nil {
		return err
	}
	req := &request{acks: p.cfg.Acks, timeout: p.brokerTimeout(ctx), queues: queues}
	if !req.HasResponse() {
		if err := conn.Post(ctx, req); err != nil {
			return err
		}
		for _, q := range queues {
			pl.settled(q)
		}
		return nil
	}
	frame, err := p.client.AskLeader(ctx, leader, conn, req, 0, partitionsOf(queues))
	if err != nil {
		return err
	}
	version, _ := conn.VersionOf(req)
	res, err := parse(frame, version)
	if err != nil {
		return conn.Refuse(req.ApiKey(), err)
	}
	p.throttle.set(leader, res.throttle)
	p.judge(pl, queues, res)
	return nil
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

// encode compresses and numbers the first batch of each queue, in parallel.
func (p *Producer) encode(queues []*queue) error {
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
	if p.idempotent() {
		for _, q := range queues {
			if b := q.batches[0]; !b.stamped && b.encoded != nil {
				b.stamp, b.stamped = p.sequences.take(q.key, len(b.indexes)), true
				b.writer.SetProducer(b.encoded, b.stamp.id, b.stamp.epoch, b.stamp.seq)
			}
		}
	}
	return errors.Join(errs...)
}

// brokerTimeout is how long the broker may wait for replicas, in milliseconds:
// no longer than anybody waits for its answer.
func (p *Producer) brokerTimeout(ctx context.Context) int32 {
	d := p.cfg.RequestTimeout
	if deadline, ok := ctx.Deadline(); ok {
		d = min(d, time.Until(deadline))
	}
	return int32(max(d.Milliseconds(), 1))
}
