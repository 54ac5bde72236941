package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
	"go.uber.org/goleak"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// started is a registry that counts the requests it gets.
func started(t *testing.T) (*srfake.Registry, *atomic.Int64) {
	t.Helper()
	r, requests := srfake.New(), new(atomic.Int64)
	t.Cleanup(r.Close)
	r.Intercept(func(http.ResponseWriter, *http.Request) bool { requests.Add(1); return false })
	return r, requests
}

// asking returns a client, and the warnings that it gave.
func asking(t *testing.T, c Config) (*Client, *[]string) {
	t.Helper()
	warnings := new([]string)
	c.UserAgent, c.Timeout = "test", 10*time.Second
	c.Warn = func(msg string, err error) { *warnings = append(*warnings, fmt.Sprint(msg, ": ", err)) }
	client, err := New(c)
	is.New(t).NoErr(err)
	return client, warnings
}

const order = `{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}`

func TestSchemaIsAskedForOnce(t *testing.T) {
	is := is.New(t)
	r, requests := started(t)
	id, _, err := r.RegisterSchema("orders-value", sr.Schema{Schema: order})
	is.NoErr(err)
	client, warnings := asking(t, Config{URLs: []string{r.URL()}})
	for range 3 {
		s, err := client.Schema(context.Background(), id)
		is.NoErr(err)
		is.Equal(s.Text, order)
		is.Equal(s.Type, "AVRO")
		is.Equal(s.Versions, []SubjectVersion{{"orders-value", 1}})
	}
	is.Equal(requests.Load(), int64(2)) // the schema, and where it is registered
	is.Equal(len(*warnings), 0)
}

func TestReferencesComeBeforeWhatRefersToThem(t *testing.T) {
	is := is.New(t)
	r, requests := started(t)
	register := func(subject, text string, refs ...sr.SchemaReference) int {
		id, _, err := r.RegisterSchema(subject, sr.Schema{Schema: text, References: refs})
		is.NoErr(err)
		return id
	}
	enum := `{"type":"enum","name":"Country","symbols":["A","B"]}`
	address := `{"type":"record","name":"Address","fields":[{"name":"country","type":"Country"}]}`
	customer := `{"type":"record","name":"Customer","fields":[{"name":"address","type":"Address"},{"name":"country","type":"Country"}]}`
	register("country", enum)
	register("address", address, sr.SchemaReference{Name: "Country", Subject: "country", Version: 1})
	id := register("customer", customer, sr.SchemaReference{Name: "Address", Subject: "address", Version: 1}, sr.SchemaReference{Name: "Country", Subject: "country", Version: 1})
	client, _ := asking(t, Config{URLs: []string{r.URL()}})
	s, err := client.Schema(context.Background(), id)
	is.NoErr(err)
	is.Equal(s.References, []Reference{{"Country", enum}, {"Address", address}})
	is.Equal(requests.Load(), int64(4))
}

func TestASchemaThatDoesNotExistIsRememberedForAMoment(t *testing.T) {
	is := is.New(t)
	r, requests := started(t)
	client, warnings := asking(t, Config{URLs: []string{r.URL()}})
	for range 3 {
		_, err := client.Schema(context.Background(), 77)
		var missing *NotFoundError
		is.True(errors.As(err, &missing))
		expect.Error(t, err, "find schema 77: the schema registry does not have it")
	}
	is.Equal(requests.Load(), int64(1))
	is.Equal(len(*warnings), 0)

	client.wrong.put("/schemas/ids/77", wrong{until: time.Now()}, 1) // the moment is over
	r.SeedSchema("late", 1, 77, sr.Schema{Schema: order})
	s, err := client.Schema(context.Background(), 77)
	is.NoErr(err)
	is.Equal(s.Text, order)
}

func TestAnotherURLIsAskedWhereOneFails(t *testing.T) {
	is := is.New(t)
	r, requests := started(t)
	id, _, err := r.RegisterSchema("orders-value", sr.Schema{Schema: order})
	is.NoErr(err)
	var sick atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		sick.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer other.Close()
	closed := httptest.NewServer(nil)
	closed.Close()
	client, warnings := asking(t, Config{URLs: []string{other.URL, closed.URL, r.URL()}})
	_, err = client.Schema(context.Background(), id)
	is.NoErr(err)
	is.Equal(requests.Load(), int64(2))
	is.Equal(sick.Load(), int64(1)) // not for the second question
	is.Equal(len(*warnings), 0)
}

func TestAMissingSchemaIsBelievedWhereNoURLHasIt(t *testing.T) {
	is := is.New(t)
	lagging, lags := started(t)
	r, requests := started(t)
	down := httptest.NewServer(nil)
	down.Close()
	id, _, err := r.RegisterSchema("orders-value", sr.Schema{Schema: order})
	is.NoErr(err)
	client, warnings := asking(t, Config{URLs: []string{lagging.URL(), down.URL, r.URL()}})
	s, err := client.Schema(context.Background(), id)
	is.NoErr(err)
	is.Equal(s.Text, order)
	is.Equal(lags.Load(), int64(1))
	is.Equal(requests.Load(), int64(2)) // the schema, and where it is registered

	var missing *NotFoundError
	_, err = client.Schema(context.Background(), id+1)
	is.True(errors.As(err, &missing))
	is.Equal(lags.Load(), int64(2)) // each once
	is.Equal(requests.Load(), int64(3))
	is.Equal(len(*warnings), 0) // nor is that an outage of the one that is down
	is.NoErr(client.Ping(context.Background()))
}

func TestAnOutageIsAnErrorThatSaysWhenToAskAgain(t *testing.T) {
	is := is.New(t)
	r, _ := started(t)
	id, _, err := r.RegisterSchema("orders-value", sr.Schema{Schema: order})
	is.NoErr(err)
	var down atomic.Bool
	down.Store(true)
	var asked atomic.Int64
	r.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		if !down.Load() {
			return false
		}
		asked.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(`{"error_code":50001,"message":"the store is\u001b[31m away"}`))
		return true
	})
	client, warnings := asking(t, Config{URLs: []string{r.URL()}})
	for range 5 {
		_, err = client.Schema(context.Background(), id)
		expect.Error(t, err, "the schema registry is unavailable: "+r.URL()+" answers 500: the store is [31m away")
	}
	is.Equal(asked.Load(), int64(1)) // the others came too early
	is.Equal(len(*warnings), 1)
	var outage *UnavailableError
	is.True(errors.As(err, &outage))
	down.Store(false)
	is.NoErr(outage.Wait(context.Background()))
	_, err = client.Schema(context.Background(), id)
	is.NoErr(err)

	over, cancel := context.WithCancel(context.Background())
	cancel()
	is.Equal((&UnavailableError{RetryAt: time.Now().Add(time.Hour)}).Wait(over), context.Canceled)
}

func TestTheWaitsOfAnOutageGrow(t *testing.T) {
	is := is.New(t)
	client, _ := asking(t, Config{URLs: []string{"http://127.0.0.1:1"}})
	var waits []time.Duration
	for range 6 {
		client.outage.err = nil // as if the wait were over
		expect.Error(t, client.Ping(context.Background()), "127.0.0.1:1")
		waits = append(waits, client.outage.wait)
	}
	is.Equal(waits, []time.Duration{1e9, 2e9, 4e9, 8e9, 10e9, 10e9})
}

func TestALoginThatIsRefusedIsAnOutage(t *testing.T) {
	is := is.New(t)
	r := srfake.New(srfake.WithAuth("Basic dXNlcjpvcGVuc2VzYW1l"))
	defer r.Close()
	client, _ := asking(t, Config{URLs: []string{r.URL()}})
	err := client.Ping(context.Background())
	expect.Error(t, err, "answers 401 (schemaRegistry.username, ")
	client, _ = asking(t, Config{URLs: []string{r.URL()}, Authorize: func(r *http.Request) error { r.SetBasicAuth("user", "opensesame"); return nil }})
	is.NoErr(client.Ping(context.Background()))
	client, _ = asking(t, Config{URLs: []string{r.URL()}, Authorize: func(*http.Request) error { return errors.New("the file is gone") }})
	expect.Error(t, client.Ping(context.Background()), "the file is gone")
}

func TestWhatIsNoRegistryIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		want  string
	}{
		"another server": {http.NotFound, "answers 404 (is this the URL of a registry?"},
		"a web page":     {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, "unable to decode"},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}, "answers 302"},
		"nothing": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") }, "unable to find a schema"},
		"a long page": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprint(w, strings.Repeat(" ", 5<<20))
		}, "larger than 4194304 bytes"},
		"a page of a proxy": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, "<html>")
		}, "answers 403 (schemaRegistry.username"},
		"too many": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTooManyRequests)
			fmt.Fprint(w, `{"error_code":42901,"message":"slow down"}`)
		}, "answers 429: slow down"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(c.serve)
			defer s.Close()
			client, _ := asking(t, Config{URLs: []string{s.URL}})
			expect.Error(t, client.Ping(context.Background()), "unavailable", c.want)
			_, err := client.Schema(context.Background(), 1)
			expect.Error(t, err, "unavailable")
		})
	}
}

func TestTheContextEndsAQuestion(t *testing.T) {
	is := is.New(t)
	ctx, cancel := context.WithCancel(context.Background())
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		select {
		case <-r.Context().Done():
		case <-release:
		}
	}))
	defer s.Close()
	defer close(release)
	client, warnings := asking(t, Config{URLs: []string{s.URL}})
	_, err := client.Schema(ctx, 1)
	is.True(errors.Is(err, context.Canceled))
	is.Equal(len(*warnings), 0) // nor is it an outage
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	is := is.New(t)
	var k kept[int, string]
	for i := range 10 * maxKept {
		k.put(i, "x", 1)
		is.True(len(k.entries) <= maxKept)
	}
	for i := range 10 {
		k.put(i, "x", maxKeptBytes/3)
		is.True(k.size <= maxKeptBytes)
	}
}
