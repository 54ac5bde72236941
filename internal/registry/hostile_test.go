package registry

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// serving starts a server in the place of a registry, and counts its requests.
func serving(t *testing.T, serve http.HandlerFunc) (url string, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		serve(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, requests
}

// What is wrong with one schema says nothing about the others.
func TestWhatIsWrongWithASchemaIsNoOutageAndRememberedForAMoment(t *testing.T) {
	refuse := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		want  string
	}{
		"not for this login": {refuse(403, `{"error_code":40301,"message":"User is denied operation Read on Subject: other-value"}`),
			"refuses it: User is denied operation Read on Subject: other-value (schemaRegistry.username"},
		"forbidden, without a code": {refuse(403, `{"message":"Forbidden"}`), "refuses it: Forbidden"},
		"a request that is wrong":   {refuse(400, `{"error_code":40001,"message":"no"}`), "refuses it: no"},
		"a state that is wrong":     {refuse(422, `{"error_code":42201,"message":"no"}`), "refuses it: no"},
		"too large": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"schema":%q}`, strings.Repeat("x", 5<<20))
		}, "larger than 4194304 bytes"},
		"a type of 2 kB":        {refuse(200, `{"schema":"{}","schemaType":"`+strings.Repeat("x", 2000)+`"}`), "its type has 2000 characters"},
		"references upwards":    {refuse(200, `{"schema":"{}","references":[{"name":"a","subject":"..","version":1}]}`), `".." can't be the name of a subject`},
		"a subject of 2 kB":     {refuse(200, `{"schema":"{}","references":[{"name":"a","subject":"`+strings.Repeat("x", 2000)+`","version":1}]}`), "can't be the name of a subject"},
		"a reference of 2 kB":   {refuse(200, `{"schema":"{}","references":[{"name":"`+strings.Repeat("x", 2000)+`","subject":"a","version":1}]}`), "a name has 2000 characters"},
		"references to nothing": {refuse(200, `{"schema":"{}","references":[{}]}`), `"" can't be the name of a subject`},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			url, requests := serving(t, c.serve)
			client, warnings := asking(t, Config{URLs: []string{url}})
			for range 3 {
				_, err := client.Schema(context.Background(), 8)
				expect.Error(t, err, "find schema 8: ", c.want)
				is.True(isAnswer(err))
				is.True(len(err.Error()) < 2000)
			}
			is.Equal(requests.Load(), int64(1))
			is.Equal(len(*warnings), 0)
			if !strings.Contains(c.want, "a subject") && !strings.Contains(c.want, "a name") { // which is an answer after all
				is.NoErr(client.Ping(context.Background()))
			}
		})
	}
}

func TestATypeThatIsNotKnownIsHandedOn(t *testing.T) {
	is := is.New(t)
	url, _ := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"schema":"{}","schemaType":"xml\u001b"}`)
	})
	client, _ := asking(t, Config{URLs: []string{url}})
	s, err := client.Schema(context.Background(), 1)
	is.NoErr(err)
	is.Equal(s.Type, "XML ")
	is.Equal(len(s.Versions), 0) // the answer about them has another shape
}

// heap is what is in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestTheSizeOfReferencesIsBounded(t *testing.T) {
	is := is.New(t)
	text := strings.Repeat("x", 3<<20)
	url, requests := serving(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/subjects/") {
			fmt.Fprintf(w, `{"subject":"s","version":1,"id":2,"schema":%q}`, text)
			return
		}
		var refs []string
		for i := range 40 {
			refs = append(refs, fmt.Sprintf(`{"name":"n%d","subject":"s%d","version":1}`, i, i))
		}
		fmt.Fprintf(w, `{"schema":"{}","schemaType":"JSON","references":[%s]}`, strings.Join(refs, ","))
	})
	client, _ := asking(t, Config{URLs: []string{url}})
	before := heap()
	_, err := client.Schema(context.Background(), 1)
	expect.Error(t, err, "find schema 1: ", "with what it refers to it is larger than 8388608 bytes")
	is.True(requests.Load() < 1+3+parallel) // those that were on their way when it was too much
	is.True(heap()-before < 32<<20)
	runtime.KeepAlive(client)
}

func TestReferencesWithoutAnEndAreRefused(t *testing.T) {
	is := is.New(t)
	var n atomic.Int64
	url, requests := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"schema":"{}","references":[{"name":"n","subject":"s%d","version":1}]}`, n.Add(1))
	})
	client, _ := asking(t, Config{URLs: []string{url}})
	for range 3 {
		_, err := client.Schema(context.Background(), 1)
		expect.Error(t, err, "it refers to more than 1000 others")
	}
	is.Equal(requests.Load(), int64(maxReferences+1))
}

func TestPlacesOfASchemaThatAreTooManyAreLeftOut(t *testing.T) {
	for name, places := range map[string]string{
		"many":           strings.Repeat(`{},`, 1<<20) + `{}`,
		"a long subject": `{"subject":"` + strings.Repeat("x", 2000) + `","version":1}`,
		"too large":      strings.Repeat(`{"subject":"xxxxxxxxxxxxxxxxxxxx","version":1},`, 1<<17) + `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			url, _ := serving(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/versions") {
					fmt.Fprint(w, "["+places+"]")
					return
				}
				fmt.Fprint(w, `{"schema":"{}"}`)
			})
			client, warnings := asking(t, Config{URLs: []string{url}})
			s, err := client.Schema(context.Background(), 1)
			is.NoErr(err)
			is.Equal(len(s.Versions), 0)
			is.Equal(len(*warnings), 0)
		})
	}
}

// A registry that names no ID, or another number, would be believed in each record.
func TestAnIDThatCanNotBeIsRefused(t *testing.T) {
	for _, id := range []string{"0", "-1", "2147483648"} {
		url, _ := serving(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"id":%s,"schema":"{}"}`, id) })
		client, _ := asking(t, Config{URLs: []string{url}})
		_, err := client.Register(context.Background(), "s", Draft{Type: "AVRO", Text: order})
		expect.Error(t, err, `register the schema under subject "s"`, "its ID is "+id)
		_, _, err = client.Lookup(context.Background(), "s", Draft{Type: "AVRO", Text: order})
		expect.Error(t, err, "its ID is "+id)
		_, err = client.Latest(context.Background(), "s")
		expect.Error(t, err, "its ID is "+id)
	}
}

func TestQuestionsOneAfterTheOtherTakeOneConnection(t *testing.T) {
	is := is.New(t)
	addresses := make(map[string]bool)
	url, requests := serving(t, func(w http.ResponseWriter, r *http.Request) {
		addresses[r.RemoteAddr] = true
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error_code":40403,"message":"no"}`)
	})
	client, _ := asking(t, Config{URLs: []string{url}})
	for id := 1; id <= 50; id++ {
		_, err := client.Schema(context.Background(), id)
		expect.Error(t, err, "does not have it")
	}
	is.Equal(requests.Load(), int64(50))
	is.True(len(addresses) < 10) // a pause of half a second between two may cost another
}

func TestAnAnswerThatComesByteByByteEndsInTime(t *testing.T) {
	is := is.New(t)
	url, _ := serving(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			fmt.Fprint(w, " ")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	})
	client, err := New(Config{URLs: []string{url}, Timeout: 300 * time.Millisecond, Warn: func(string, error) {}})
	is.NoErr(err)
	_, err = client.Schema(context.Background(), 1)
	expect.Error(t, err, "unavailable")
}

func TestWhoWaitsForAnotherQuestionEndsWithTheContext(t *testing.T) {
	is := is.New(t)
	asked, release := make(chan struct{}), make(chan struct{})
	url, _ := serving(t, func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-release
	})
	client, _ := asking(t, Config{URLs: []string{url}})
	first, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = client.Schema(first, 1)
	}()
	<-asked
	over, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := client.Schema(over, 2)
	is.True(errors.Is(err, context.Canceled))
	_, err = client.Latest(over, "s")
	is.True(errors.Is(err, context.Canceled))
	_, _, err = client.Lookup(over, "s", Draft{Type: "AVRO", Text: order})
	is.True(errors.Is(err, context.Canceled))
	is.True(errors.Is(client.Ping(over), context.Canceled))
	stop()
	<-done
	close(release)
}

func TestARedirectIsNotFollowed(t *testing.T) {
	is := is.New(t)
	elsewhere, requests := serving(t, func(http.ResponseWriter, *http.Request) {})
	for _, status := range []int{301, 302, 303, 307, 308} {
		url, _ := serving(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere, status) })
		client, _ := asking(t, Config{URLs: []string{url}, Authorize: func(r *http.Request) error { r.SetBasicAuth("user", "opensesame"); return nil }})
		_, err := client.Schema(context.Background(), 1)
		expect.Error(t, err, fmt.Sprint("answers ", status))
		_, err = client.Register(context.Background(), "s", Draft{Type: "AVRO", Text: order})
		expect.Error(t, err, fmt.Sprint("answers ", status))
	}
	is.Equal(requests.Load(), int64(0))
}

func TestKeptCountsAllThatASchemaHas(t *testing.T) {
	is := is.New(t)
	s := &Schema{Text: "1234", Type: "12", References: []Reference{{"12", "123"}}, Versions: []SubjectVersion{{"12345", 1}}}
	is.Equal(s.size(), 3*overhead+4+2+2+3+5)
	r, _ := started(t)
	id, _, err := r.RegisterSchema("orders-value", sr.Schema{Schema: order})
	is.NoErr(err)
	client, _ := asking(t, Config{URLs: []string{r.URL()}})
	got, err := client.Schema(context.Background(), id)
	is.NoErr(err)
	is.Equal(client.schemas.size, got.size())
	_, err = client.Schema(context.Background(), 99)
	is.Equal(client.wrong.size, len(errors.Unwrap(err).Error()))
}

func TestACompressedAnswerIsBounded(t *testing.T) {
	url, _ := serving(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		fmt.Fprint(z, `{"schema":"`)
		for range 64 {
			fmt.Fprint(z, strings.Repeat("x", 1<<20))
		}
		fmt.Fprint(z, `"}`)
	})
	client, _ := asking(t, Config{URLs: []string{url}})
	_, err := client.Schema(context.Background(), 1)
	expect.Error(t, err, "larger than 4194304 bytes")
}
