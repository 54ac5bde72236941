package produce

import (
	"context"
	"fmt"
	"sync"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// writeOnce gives each queue to the leader of its partition, all leaders in
// parallel, and waits for them.
func (p *Producer) writeOnce(ctx context.Context, pl *plan) {
	leaders := p.route(ctx, pl)
	if !p.join(ctx, leaders) {
		return
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
		q.redirected = false
		if len(q.batches) == 0 || q.fatal || pl.first(q) >= limit {
			continue
		}
		if q.Topic != now.Name {
			now, _ = p.client.Cached(q.Topic)
		}
		part, ok := now.Partition(q.Partition)
		q.topicID, q.leader, q.sent = pl.byName[q.Topic].ID, -1, false
		switch {
		case unknown != nil:
			q.err = unknown
		case now.Err != nil:
			q.err = fmt.Errorf("write to %s/%d: %w", q.Topic, q.Partition, now.Err)
		case !ok && len(now.Partitions) > 0: // it may just have been added
			q.err = pl.recordError(pl.first(q), &NoPartitionError{Topic: q.Topic, Partition: q.Partition, Count: len(now.Partitions)})
		case !ok || part.Leader < 0:
			q.err = fmt.Errorf("write to %s/%d: %w", q.Topic, q.Partition, kafkago.LeaderNotAvailable)
		default:
			q.err, q.leader = nil, part.Leader
			leaders[part.Leader] = append(leaders[part.Leader], q)
		}
	}
	return leaders
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

// encode compresses and numbers the first batch of each queue, in parallel. It returns
// false if one can't be, whose queue then has the error.
func (p *Producer) encode(queues []*queue) bool {
	errs := make([]error, len(queues))
	var wg sync.WaitGroup
	for i, q := range queues {
		b := q.batches[0]
		if b.encoded.Size() > 0 {
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
			q.err, q.fatal, ok = fmt.Errorf("write to %s/%d: %w", q.Topic, q.Partition, errs[i]), true, false
		case p.idempotent() && !b.stamped:
			if b.stamp, b.stamped = p.sequences.take(q.TopicPartition, len(b.indexes)); !b.stamped {
				q.err, q.uncounted, ok = fmt.Errorf("write to %s/%d: %w", q.Topic, q.Partition, errRenumbered), true, false
				continue
			}
			b.encoded.SetProducer(b.stamp.id, b.stamp.epoch, b.stamp.seq)
		}
	}
	return ok
}
