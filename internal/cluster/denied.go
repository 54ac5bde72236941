package cluster

import (
	"context"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/acl"
)

// Insistence is for how long brokers have been saying the same. What they say is asked
// for about once a second or more often. Longer gaps, in which none could be asked or none
// answered, count as one second.
type Insistence struct {
	last time.Time // when it was said last; zero: never
	held time.Duration
}

const longestGap = time.Second

// Again notes that the same is said now, and returns for how long it has been.
func (i *Insistence) Again() time.Duration {
	now := time.Now()
	if !i.last.IsZero() {
		i.held += min(now.Sub(i.last), longestGap)
	}
	i.last = now
	return i.held
}

// WhileDenied asks until the answer is something else than a denial (acl.Refused), and
// returns that, or the denial after patience: a broker that has just started may not know
// its ACLs yet. It returns nil where brokers did not answer for most of that time, which
// leaves it open. An answer that the end of patience cuts off says nothing against the
// denials before it. Before it asks again it warns of the denial.
func WhileDenied(ctx context.Context, patience time.Duration, ask func(context.Context) error, warn func(error)) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	retry := NewRetry(100*time.Millisecond, time.Second)
	var denials Insistence
	var denial error
	var said time.Duration
	for {
		err := ask(limited)
		cut := limited.Err() != nil && ctx.Err() == nil
		switch {
		case acl.Refused(err):
			denial, said = err, denials.Again()
		case !cut || said < patience/2:
			return err
		}
		switch {
		case retry.Wait(limited):
			warn(denial)
		case ctx.Err() == nil && said < patience/2:
			return nil
		default:
			return denial
		}
	}
}
