package convert

import (
	"context"
	"errors"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/registry"
)

const (
	// refusedFor is how long it is believed that a registry does not have what it was asked
	// for.
	refusedFor = 10 * time.Second
	// maxAnswers bounds the answers that are kept.
	maxAnswers = 1000
)

// answers are what a registry said, by what it was asked about. They are for one goroutine.
type answers[K comparable, V any] map[K]*answer[V]

type answer[V any] struct {
	value V
	err   error     // why there is no value
	until time.Time // when the registry is asked again; zero: never
}

// of returns the answer about a key, for which it calls ask where it is not known; ask also
// says until when what it returns is known. During an outage of the registry it returns what
// it has, or waits.
func (a answers[K, V]) of(ctx context.Context, key K, ask func() (V, time.Time, error)) (V, error) {
	had := a[key]
	if had != nil && (had.until.IsZero() || time.Now().Before(had.until)) {
		return had.value, had.err
	}
	for {
		value, until, err := ask()
		var outage *registry.UnavailableError
		switch {
		case errors.As(err, &outage) && had != nil && had.err == nil:
			return had.value, nil
		case errors.As(err, &outage):
			if outage.Wait(ctx) != nil {
				return value, err
			}
			continue
		case err != nil && ctx.Err() != nil:
			return value, err
		case err != nil:
			until = time.Now().Add(refusedFor)
		}
		if len(a) >= maxAnswers {
			clear(a)
		}
		a[key] = &answer[V]{value, err, until}
		return value, err
	}
}
