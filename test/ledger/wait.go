package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// Flow waits until, of every key, a record was read that was handed out since the
// call: then all partitions are written and read.
func (l *Ledger) Flow(ctx context.Context) error {
	l.mu.Lock()
	from := len(l.written)
	l.mu.Unlock()
	for {
		silent := l.silent(from)
		if silent == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("flow: of %d of %d keys nothing came through as it was written: %w", silent, keys, ctx.Err())
		case <-time.After(watchInterval):
		}
	}
}

// silent counts the keys of which nothing was read from a number on.
func (l *Ledger) silent(from int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	count := 0
	for _, n := range l.newest {
		if n < from {
			count++
		}
	}
	return count
}

// Drain waits until sources have returned, and had acknowledged, everything that
// is in the log. Call it when nobody writes any more; the client must reach every
// partition's leader.
func (l *Ledger) Drain(ctx context.Context, client *kclient.Client) error {
	var want, have int
	for {
		ends, err := client.EndOffsets(ctx, l.topic)
		if err == nil {
			want = 0
			for _, end := range ends {
				want += int(end)
			}
			if have = l.settled(); have >= want {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("drain: %d of %d records were read and acknowledged", have, want), err, ctx.Err())
		case <-time.After(watchInterval):
		}
	}
}
