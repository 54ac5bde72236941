package produce

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

const (
	minBackoff = 10 * time.Millisecond
	maxBackoff = time.Second // as Java's retry.backoff.max.ms, unless Config.Backoff is longer
)

// attempts counts how often one thing was tried and waits in between.
type attempts struct {
	max     int // 0: no limit
	made    int
	backoff *cluster.Retry
}

func (p *Producer) attempts() *attempts {
	first := p.cfg.Backoff
	if first == 0 {
		first = minBackoff
	}
	return &attempts{max: p.cfg.MaxAttempts, backoff: cluster.NewRetry(first, max(first, maxBackoff))}
}

// wait is called after each failure and returns whether to try again. The first
// retry is immediate: most often a leader has moved.
func (a *attempts) wait(ctx context.Context) bool {
	a.made++
	if ctx.Err() != nil || a.made == a.max {
		return false
	}
	return a.made == 1 || a.backoff.Wait(ctx)
}

// last reports whether there is none after the next one.
func (a *attempts) last() bool { return a != nil && a.made+1 == a.max }

// reset begins again after progress.
func (a *attempts) reset() {
	a.made = 0
	a.backoff.Reset()
}

// waitFor is wait for the preparations of a send (producer ID, metadata). An answer
// with an error code, as a broker gives after a start or for a new topic, does not
// count as an attempt.
func (a *attempts) waitFor(ctx context.Context, err error) bool {
	var code kafkago.Error
	if errors.As(err, &code) {
		return a.backoff.Wait(ctx)
	}
	return a.wait(ctx)
}

// explain says that there were enough attempts, if that is why wait returned false.
func (a *attempts) explain(err error) error {
	if a.max == 0 || a.made < a.max {
		return err
	}
	return fmt.Errorf("after %d of %d attempts (retry.maxAttempts): %w", a.made, a.max, err)
}
