package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	"golang.org/x/time/rate"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// translateInTime returns the ID that a translation finds in as many attempts as it takes.
func translateInTime(t *testing.T, translation *Translation) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		id, err := translation.ID(ctx, 1, "orders-value")
		var early *UnavailableError
		if errors.As(err, &early) && early.Wait(ctx) == nil {
			continue
		}
		if err != nil {
			t.Errorf("translate: %v", err)
		}
		return id
	}
}

// What is to be waited for at the pace of questions is found in the end, however many questions
// one schema takes: an attempt goes on where the one before it was, whoever made that.
func TestTranslationThatIsPacedGoesOnWhereItWas(t *testing.T) {
	is := is.New(t)
	const others = 40
	from, _ := asking(t, Config{URLs: []string{referring(t, others, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, referred) })}})
	target, asked := serving(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"id":7,"version":1}`) })
	to, _ := asking(t, Config{URLs: []string{target}})
	to.pace = rate.NewLimiter(50, 5) // as it is after the first thousand questions
	translation := NewTranslation(from, to, false)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if id := translateInTime(t, translation); id != 7 {
				t.Errorf("got ID %d after %d questions about %d schemas", id, asked.Load(), others+1)
			}
		})
	}
	group.Wait()
	is.Equal(asked.Load(), int64(others+1)) // all together
	is.Equal(len(translation.begun), 0)
}

// Each answer counts, also where an attempt may ask for one thing alone: that a schema is
// missing, that it is registered, and where.
func TestTranslationThatRegistersGoesOnWhereItWas(t *testing.T) {
	is := is.New(t)
	from, _ := asking(t, Config{URLs: []string{referring(t, 3, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, referred) })}})
	var registered sync.Map
	target, asked := serving(t, func(w http.ResponseWriter, r *http.Request) {
		subject, register := strings.CutSuffix(r.URL.Path, "/versions")
		if register {
			registered.Store(subject, true)
		}
		if _, ok := registered.Load(subject); !ok {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"error_code":40403,"message":"no"}`)
			return
		}
		fmt.Fprint(w, `{"id":7,"version":1}`)
	})
	to, _ := asking(t, Config{URLs: []string{target}})
	to.pace = rate.NewLimiter(20, 1)
	is.Equal(translateInTime(t, NewTranslation(from, to, true)), 7)
	is.Equal(asked.Load(), int64(3*3+1))
}

// What a registry refuses may refer to a version that is gone: it is looked for again.
func TestTranslationThatIsRefusedBeginsAgain(t *testing.T) {
	is := is.New(t)
	from, _ := asking(t, Config{URLs: []string{referring(t, 1, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, referred) })}})
	var latest atomic.Int64
	latest.Store(1)
	target, _ := serving(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/subjects/s0" {
			fmt.Fprintf(w, `{"id":6,"version":%d}`, latest.Load())
			latest.Store(2)
			return
		}
		var draft given
		if err := json.NewDecoder(r.Body).Decode(&draft); err != nil || len(draft.References) != 1 || draft.References[0].Version < 2 {
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprint(w, `{"error_code":42201,"message":"no version 1"}`)
			return
		}
		fmt.Fprint(w, `{"id":7}`)
	})
	to, _ := asking(t, Config{URLs: []string{target}})
	translation := NewTranslation(from, to, true)
	_, err := translation.ID(context.Background(), 1, "orders-value")
	expect.Error(t, err, "the schema registry refuses it: no version 1")
	id, err := translation.ID(context.Background(), 1, "orders-value")
	is.NoErr(err)
	is.Equal(id, 7)
}

// Whoever waits for another one's questions ends with its own context.
func TestTranslationWaitsNoLongerThanItsContext(t *testing.T) {
	translation := NewTranslation(nil, nil, false)
	translation.turn <- struct{}{}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := translation.ID(ctx, 1, "orders-value")
	is.New(t).True(errors.Is(err, context.Canceled))
}

// Schemas that refer to each other in a circle have no order to be registered in.
func TestTranslationOfACircleIsRefused(t *testing.T) {
	from, _ := asking(t, Config{URLs: []string{referring(t, 2, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"schema":"{}","schemaType":"JSON","references":[{"name":"other","subject":"s1","version":1}]}`)
	})}})
	_, err := NewTranslation(from, nil, true).ID(context.Background(), 1, "orders-value")
	expect.Error(t, err, `in the registry of the source: find schema 1: the schema registry's answer can't be used: version 1 of subject "s1" refers to itself`)
	var unusable *UnusableError
	is.New(t).True(errors.As(err, &unusable))
}
