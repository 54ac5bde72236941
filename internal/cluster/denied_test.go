package cluster

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
)

func TestInsistenceIsOfThoseWhoAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		gaps []time.Duration
		want time.Duration
	}{
		"once":                       {nil, 0},
		"again and again":            {[]time.Duration{time.Millisecond, 500 * time.Millisecond, time.Second}, 1501 * time.Millisecond},
		"before and after an outage": {[]time.Duration{500 * time.Millisecond, time.Hour}, 1500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var i Insistence
				got := i.Again()
				for _, gap := range test.gaps {
					time.Sleep(gap)
					got = i.Again()
				}
				is.New(t).Equal(got, test.want)
			})
		})
	}
}

func TestWhileDenied(t *testing.T) {
	const patience = 5 * time.Second
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		slow    time.Duration // before each answer
		answers []error       // of which the last one is repeated
		want    error
	}{
		"allowed":                       {0, []error{nil}, nil},
		"denied at first":               {0, []error{kafkago.GroupAuthorizationFailed, nil}, nil},
		"denied, then something else":   {0, []error{kafkago.TopicAuthorizationFailed, broken}, broken},
		"denied each time":              {0, []error{kafkago.ClusterAuthorizationFailed}, kafkago.ClusterAuthorizationFailed},
		"denied each time, rather slow": {time.Second, []error{kafkago.TopicAuthorizationFailed}, kafkago.TopicAuthorizationFailed},
		"denied once after a silence":   {patience - 100*time.Millisecond, []error{kafkago.GroupAuthorizationFailed}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				err := WhileDenied(t.Context(), patience, func(context.Context) error {
					time.Sleep(test.slow)
					asked++
					return test.answers[min(asked, len(test.answers))-1]
				}, func(error) {})
				is.New(t).Equal(err, test.want)
			})
		})
	}
}

func TestWhileDeniedEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		err := WhileDenied(ctx, time.Minute, func(context.Context) error { return kafkago.TopicAuthorizationFailed }, func(error) { cancel() })
		is.New(t).Equal(err, kafkago.TopicAuthorizationFailed)
	})
}

// A broker that is slow when patience ends has not allowed what it denied before.
func TestWhileDeniedBelievesDenialsBeforeAnAnswerThatIsCutOff(t *testing.T) {
	const patience = 5 * time.Second
	for name, test := range map[string]struct {
		denied time.Duration // for as long
		want   error
	}{
		"denied for most of the time": {4 * time.Second, kafkago.TopicAuthorizationFailed},
		"denied for a moment":         {time.Second, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				err := WhileDenied(t.Context(), patience, func(ctx context.Context) error {
					if time.Since(begun) < test.denied {
						return kafkago.TopicAuthorizationFailed
					}
					<-ctx.Done()
					return nil // as where it can't be known
				}, func(error) {})
				is.New(t).Equal(err, test.want)
			})
		})
	}
}
