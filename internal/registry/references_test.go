package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// referring is a registry of a schema with references, each of which one answers.
func referring(t *testing.T, n int, one http.HandlerFunc) string {
	t.Helper()
	url, _ := serving(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/subjects/"):
			one(w, r)
		case strings.HasSuffix(r.URL.Path, "/versions"):
			fmt.Fprint(w, "[]")
		default:
			refs := make([]string, n)
			for i := range refs {
				refs[i] = fmt.Sprintf(`{"name":"n%d","subject":"s%d","version":1}`, i, i)
			}
			fmt.Fprintf(w, `{"schema":"{}","schemaType":"JSON","references":[%s]}`, strings.Join(refs, ","))
		}
	})
	return url
}

const referred = `{"schema":"{}","schemaType":"JSON"}`

func TestASchemaWhoseReferencesTakeTooLongIsGivenUpAndGoesOnWhereItWas(t *testing.T) {
	is := is.New(t)
	var slow atomic.Bool
	slow.Store(true)
	var mu sync.Mutex
	asked := make(map[string]int)
	url := referring(t, 12, func(w http.ResponseWriter, r *http.Request) {
		subject, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/subjects/"), "/")
		mu.Lock()
		asked[subject]++
		mu.Unlock()
		if slow.Load() && subject == "s11" {
			<-r.Context().Done()
			return
		}
		fmt.Fprint(w, referred)
	})
	client, warnings := asking(t, Config{URLs: []string{url}})
	is.Equal(client.longest, 4*10*time.Second)
	client.longest = 2 * time.Second // no request takes its 10 seconds
	_, err := client.Schema(context.Background(), 1)
	expect.Error(t, err, "find schema 1: the schema registry is unavailable: it did not give a schema with all that it refers to in 2s")
	var unavailable *UnavailableError
	is.True(errors.As(err, &unavailable)) // which is no reason to lose a record
	is.Equal(len(*warnings), 1)

	slow.Store(false)
	s, err := client.Schema(context.Background(), 1)
	is.NoErr(err)
	is.Equal(len(s.References), 12)
	is.Equal(asked["s0"], 1)
	is.Equal(asked["s11"], 2)
}

func TestReferencesAreAskedForAFewAtATime(t *testing.T) {
	is := is.New(t)
	var mu sync.Mutex
	now, most := 0, 0
	together, once := make(chan struct{}), sync.Once{}
	url := referring(t, 20, func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		now++
		most = max(most, now)
		full := now == parallel
		mu.Unlock()
		if full {
			time.AfterFunc(100*time.Millisecond, func() { once.Do(func() { close(together) }) }) // when one more would be there
		}
		select {
		case <-together:
		case <-time.After(10 * time.Second):
		}
		mu.Lock()
		now--
		mu.Unlock()
		fmt.Fprint(w, referred)
	})
	client, _ := asking(t, Config{URLs: []string{url}})
	s, err := client.Schema(context.Background(), 1)
	is.NoErr(err)
	is.Equal(most, parallel)
	for i, r := range s.References {
		is.Equal(r.Name, fmt.Sprint("n", i))
	}
}

func TestReferencesThatFailTogetherAreOneOutage(t *testing.T) {
	is := is.New(t)
	url := referring(t, 20, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	client, warnings := asking(t, Config{URLs: []string{url}})
	_, err := client.Schema(context.Background(), 1)
	expect.Error(t, err, "the schema registry is unavailable", "answers 503")
	is.Equal(len(*warnings), 1)
	is.Equal(client.outage.wait, firstWait)
}
