package produce

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// write sends the plan, again and again for what fails in passing.
func (p *Producer) write(ctx context.Context, search *search, pl *plan) error {
	pause := p.attempts()
	pause.max = 0 // batches have their own count
	for !pl.done() {
		if p.idempotent() {
			if err := p.prepare(ctx); err != nil {
				return p.explain(ctx, err)
			}
		}
		before := pl.settledBatches.Load()
		p.writeOnce(ctx, pl)
		if pl.done() {
			break
		}
		for _, q := range pl.queues {
			q.lesson(ctx.Err() != nil)
		}
		wait := ctx.Err() != nil || pl.count(p.cfg.MaxAttempts)
		at, cause := pl.failed()
		if at == pl.limit() {
			return p.explain(ctx, cause)
		}
		if pl.settledBatches.Load() > before {
			pause.reset()
		}
		if wait && !p.pause(ctx, pl, pause) {
			return p.explain(ctx, cause)
		}
		p.cfg.Warn("writing interrupted, trying again", cause)
		p.doubt(pl)
		if err := search.again(ctx, pl); err != nil && !cluster.Retriable(err) {
			return p.explain(ctx, err)
		}
	}
	return nil
}

// pause waits before the next attempt. It returns false if there is to be none.
func (p *Producer) pause(ctx context.Context, pl *plan, pause *attempts) bool {
	began := time.Now()
	again := pause.wait(ctx)
	for _, q := range pl.queues {
		if len(q.batches) > 0 && q.err != nil && !outage(q.err) {
			p.clock.took(began)
			break
		}
	}
	return again
}

// count counts an attempt for the first batch of each queue that failed, and gives up
// those that had enough. One that no request was made for, because its partition has no
// leader or a request before it failed, was not tried. It returns false if there is no
// need to wait, because the same is to be sent in another way, or elsewhere.
func (pl *plan) count(limit int) (wait bool) {
	for _, q := range pl.queues {
		switch {
		case len(q.batches) == 0 || q.err == nil:
		case q.uncounted:
			q.uncounted = false
		case q.fatal || !q.sent:
			wait = true
		default:
			wait = wait || !q.atOnce()
			b := q.batches[0]
			if b.attempts++; b.attempts == limit {
				q.err = fmt.Errorf("after %d of %d attempts (retry.maxAttempts): %w", b.attempts, limit, q.err)
				q.fatal = true
			}
		}
	}
	return wait
}

// doubt has the leaders of queues that failed asked last who leads these: one that
// is cut off from the others still believes that it does.
func (p *Producer) doubt(pl *plan) {
	seen := make(map[int32]bool)
	for _, q := range pl.queues {
		if len(q.batches) > 0 && suspicious(q.err) && !seen[q.leader] {
			seen[q.leader] = true
			p.client.Doubt(q.leader)
		}
	}
}

// suspicious reports whether an error shows trouble with the leader that was asked.
// One that says that others lead now, or that it has no such topic, knows better
// than metadata did.
func suspicious(err error) bool {
	var code kafkago.Error
	var unknown *cluster.UnknownBrokerError
	if err == nil || errors.As(err, &unknown) || errors.Is(err, errRenumbered) {
		return false
	}
	if !errors.As(err, &code) {
		return true
	}
	switch code {
	case kafkago.NotLeaderForPartition, kafkago.LeaderNotAvailable, kafkago.UnknownTopicOrPartition, kafkago.UnknownTopicID,
		kafkago.FencedLeaderEpoch, kafkago.UnknownLeaderEpoch, kafkago.InvalidMessage, kafkago.ThrottlingQuotaExceeded:
		return false
	}
	return !outOfSequence(err)
}
