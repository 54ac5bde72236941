package cluster

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
)

// A broker that says nothing is waited for no longer than patience lasts, and what one said
// before is the error.
func TestWhileRetriableEndsATryWithItsPatience(t *testing.T) {
	for name, c := range map[string]struct {
		said []error // by the tries before
		want error
	}{
		"the first":     {nil, context.DeadlineExceeded},
		"after another": {[]error{kafkago.GroupLoadInProgress}, kafkago.GroupLoadInProgress},
	} {
		t.Run(name, func(t *testing.T) {
			said := c.said
			_, err := WhileRetriable(t.Context(), 200*time.Millisecond, func(ctx context.Context) (int, error) {
				if len(said) > 0 {
					err := said[0]
					said = said[1:]
					return 0, err
				}
				<-ctx.Done()
				return 0, ctx.Err()
			})
			is.New(t).True(errors.Is(err, c.want))
		})
	}
}

func TestWhileRetriableReturnsTheFirstResultThatStays(t *testing.T) {
	is := is.New(t)
	results := []error{kafkago.GroupLoadInProgress, errors.New("of a connection"), kafkago.GroupAuthorizationFailed, nil}
	tries := 0
	_, err := WhileRetriable(t.Context(), time.Minute, func(context.Context) (int, error) {
		tries++
		return 0, results[tries-1]
	})
	is.Equal(err, kafkago.GroupAuthorizationFailed)
	is.Equal(tries, 3)
}

// The end of the caller's context is the caller's to explain.
func TestWhileRetriableReturnsWhatTheCallerCutsOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tries := 0
	_, err := WhileRetriable(ctx, time.Minute, func(ctx context.Context) (int, error) {
		if tries++; tries == 1 {
			return 0, kafkago.GroupLoadInProgress
		}
		cancel()
		return 0, ctx.Err()
	})
	is.New(t).True(errors.Is(err, context.Canceled))
}
