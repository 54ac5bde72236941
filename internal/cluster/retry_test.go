package cluster

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
)

// A broker that says nothing is waited for until the caller's time ends, and what one said
// before is the result.
func TestWhileRetriableEndsATryWithTheCallersTime(t *testing.T) {
	for name, c := range map[string]struct {
		said []error // by the tries before
		v    int
		want error
	}{
		"the first":     {nil, 0, context.DeadlineExceeded},
		"after another": {[]error{kafkago.GroupLoadInProgress}, 7, kafkago.GroupLoadInProgress},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			said := c.said
			v, err := WhileRetriable(ctx, time.Minute, func(ctx context.Context) (int, error) {
				if len(said) > 0 {
					err := said[0]
					said = said[1:]
					return 7, err
				}
				<-ctx.Done()
				return 0, ctx.Err()
			})
			is.True(errors.Is(err, c.want))
			is.Equal(v, c.v)
		})
	}
}

// Patience is for errors: a broker that is slow may take longer to answer.
func TestWhileRetriableLetsATryTakeLongerThanPatience(t *testing.T) {
	is := is.New(t)
	v, err := WhileRetriable(t.Context(), time.Millisecond, func(ctx context.Context) (int, error) {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(100 * time.Millisecond):
			return 7, nil
		}
	})
	is.NoErr(err)
	is.Equal(v, 7)
}

// An answer that comes as the time ends is one.
func TestWhileRetriableReturnsAnAnswerThatStaysAfterTheCallersTime(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	tries := 0
	_, err := WhileRetriable(ctx, time.Minute, func(ctx context.Context) (int, error) {
		if tries++; tries == 1 {
			return 0, kafkago.GroupLoadInProgress
		}
		<-ctx.Done()
		return 0, kafkago.GroupAuthorizationFailed
	})
	is.New(t).Equal(err, kafkago.GroupAuthorizationFailed)
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
