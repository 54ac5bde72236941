package oauth

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	"go.uber.org/goleak"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a token endpoint. It numbers its tokens.
type server struct {
	*httptest.Server
	asked  atomic.Int32
	answer atomic.Pointer[http.HandlerFunc] // instead of a token
	form   atomic.Value                     // of the last request
}

func startServer(t *testing.T, lifetime time.Duration) *server {
	t.Helper()
	s := new(server)
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := s.asked.Add(1)
		_ = r.ParseForm()
		s.form.Store(r.PostForm.Encode())
		if answer := s.answer.Load(); answer != nil {
			(*answer)(w, r)
			return
		}
		if id, secret, _ := r.BasicAuth(); id != "client" || secret != "opensesame" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"Bearer","expires_in":%d}`, n, int(lifetime.Seconds()))
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that don't trust it
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *server) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(s.Certificate())
	return p
}

// fail makes the server answer with a status and a page.
func (s *server) fail(status int, contentType, page string) {
	var h http.HandlerFunc = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		fmt.Fprint(w, page)
	}
	s.answer.Store(&h)
}

func (s *server) endpoint(t *testing.T) Endpoint {
	return Endpoint{
		URL: s.URL + "/token?tenant=opensesame", ClientID: "client", Secret: func() string { return "opensesame" }, CA: "caCert", Scopes: []string{"kafka.read", "kafka.write"},
		Roots: s.pool, Timeout: time.Minute,
		Warn: func(msg string, err error) { t.Errorf("%s: %v", msg, err) },
	}
}

func TestOneTokenServesManyConnections(t *testing.T) {
	is := is.New(t)
	s := startServer(t, time.Hour)
	tokens := s.endpoint(t).Tokens()
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			token, err := tokens.Token(context.Background())
			is.NoErr(err)
			is.Equal(token, "token-1")
		})
	}
	wg.Wait()
	is.Equal(s.asked.Load(), int32(1))
	is.Equal(s.form.Load(), "grant_type=client_credentials&scope=kafka.read+kafka.write")
}

func TestATokenIsRenewedBeforeItEnds(t *testing.T) {
	is := is.New(t)
	s := startServer(t, 2*time.Second)
	tokens := s.endpoint(t).Tokens()
	began := time.Now()
	first, err := tokens.Token(context.Background())
	is.NoErr(err)
	next := first
	for next == first {
		time.Sleep(time.Millisecond)
		next, err = tokens.Token(context.Background())
		is.NoErr(err)
	}
	is.True(time.Since(began) >= 1500*time.Millisecond) // three quarters of its time
	is.Equal(next, "token-2")
}

func TestATokenWithoutALifetimeIsUsedOnce(t *testing.T) {
	is := is.New(t)
	s := startServer(t, 0)
	tokens := s.endpoint(t).Tokens()
	for i := range 3 {
		token, err := tokens.Token(context.Background())
		is.NoErr(err)
		is.Equal(token, fmt.Sprintf("token-%d", i+1))
	}
}

func TestATokenServesOnWhereTheNextCanNotBeHad(t *testing.T) {
	is := is.New(t)
	s := startServer(t, 4*time.Second)
	e := s.endpoint(t)
	var warnings atomic.Int32
	e.Warn = func(string, error) { warnings.Add(1) }
	tokens := e.Tokens()
	_, err := tokens.Token(context.Background())
	is.NoErr(err)
	s.fail(http.StatusServiceUnavailable, "text/plain", "")
	for warnings.Load() == 0 {
		time.Sleep(time.Millisecond)
		token, err := tokens.Token(context.Background())
		is.NoErr(err)
		is.Equal(token, "token-1")
	}
	is.Equal(warnings.Load(), int32(1))
	for err == nil { // to its end, without asking at each call
		time.Sleep(time.Millisecond)
		_, err = tokens.Token(context.Background())
	}
	expect.Error(t, err, "503")
	is.True(s.asked.Load() < 10)

	s.answer.Store(nil)
	_, err = tokens.Token(context.Background())
	is.NoErr(err)
}

// Each error says where and what, whether it may pass, and no secret.
func TestErrorsOfTheEndpoint(t *testing.T) {
	for name, test := range map[string]struct {
		status    int
		kind      string
		page      string
		retriable bool
		want      []string
	}{
		"wrong secret": {401, "application/json", `{"error":"invalid_client","error_description":"client opensesame is unknown"}`, false, []string{"401", "invalid_client", "client (secret) is unknown"}},
		"wrong scope":  {400, "application/json", `{"error":"invalid_scope"}`, false, []string{"400", "invalid_scope"}},
		"not there":    {404, "text/html", `<html>opensesame</html>`, false, []string{"404"}},
		"overloaded":   {429, "application/json", `{}`, true, []string{"429"}},
		"broken":       {500, "text/html", `client_secret=opensesame`, true, []string{"500"}},
		"maintenance":  {503, "text/html", ``, true, []string{"503"}},
		"redirect":     {302, "text/html", ``, false, []string{"302", "not followed"}},
		"a web page":   {200, "text/html", `<html>opensesame</html>`, false, []string{"an answer without a token"}},
		"no token":     {200, "application/json", `{"token_type":"Bearer"}`, false, []string{"an answer without a token"}},
		"200, error":   {200, "application/json", `{"error":"unauthorized_client"}`, false, []string{"unauthorized_client"}},
		"a MAC token":  {200, "application/json", `{"access_token":"a","token_type":"MAC"}`, false, []string{`"MAC", not Bearer`}},
		"two lines":    {200, "application/json", `{"access_token":"opensesame\nb","token_type":"Bearer"}`, false, []string{"can't have"}},
		"long story":   {400, "application/json", `{"error":"x","error_description":"` + strings.Repeat("é", 1000) + `"}`, false, []string{"400 Bad Request: x", "é…"}},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			s := startServer(t, time.Hour)
			s.fail(test.status, test.kind, test.page)
			if test.status == 302 {
				var h http.HandlerFunc = func(w http.ResponseWriter, r *http.Request) {
					http.Redirect(w, r, s.URL+"/elsewhere", http.StatusTemporaryRedirect)
				}
				s.answer.Store(&h)
				test.want[0] = "307"
			}
			_, err := s.endpoint(t).Tokens().Token(context.Background())
			expectError(t, err, test.retriable, append(test.want, strings.TrimPrefix(s.URL, "https://")))
			is.True(s.asked.Load() <= 2) // once for each way to send the secret
		})
	}
}

func expectError(t *testing.T, err error, retriable bool, words []string) {
	t.Helper()
	is := is.New(t)
	is.True(err != nil)
	t.Log(err)
	r, ok := err.(interface{ Retriable() bool })
	is.Equal(ok && r.Retriable(), retriable)
	for _, w := range words {
		expect.Error(t, err, w) // says where and what
	}
	is.True(!strings.Contains(fmt.Sprintf("%+v", err), "opensesame"))
	is.True(len(err.Error()) < 600)
}

func TestAnEndpointThatCanNotBeReached(t *testing.T) {
	t.Run("nobody listens", func(t *testing.T) {
		s := startServer(t, time.Hour)
		s.Close()
		_, err := s.endpoint(t).Tokens().Token(context.Background())
		expectError(t, err, true, []string{"connection refused"})
	})
	t.Run("it is silent", func(t *testing.T) {
		is := is.New(t)
		s := startServer(t, time.Hour)
		release := make(chan struct{})
		var h http.HandlerFunc = func(http.ResponseWriter, *http.Request) { <-release }
		s.answer.Store(&h)
		defer close(release)
		e := s.endpoint(t)
		// On a busy machine a short time may be over before the endpoint is asked.
		for e.Timeout = 50 * time.Millisecond; s.asked.Load() == 0 && e.Timeout < time.Minute; e.Timeout *= 2 {
			_, err := e.Tokens().Token(context.Background())
			expectError(t, err, true, []string{"deadline exceeded"})
		}
		is.True(s.asked.Load() > 0)
	})
	t.Run("its answer is cut off", func(t *testing.T) {
		s := startServer(t, time.Hour)
		var h http.HandlerFunc = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `{"access_token":`)
		}
		s.answer.Store(&h)
		_, err := s.endpoint(t).Tokens().Token(context.Background())
		expectError(t, err, true, []string{"unexpected EOF"})
	})
	t.Run("it is not trusted", func(t *testing.T) {
		s := startServer(t, time.Hour)
		e := s.endpoint(t)
		e.Roots = nil
		_, err := e.Tokens().Token(context.Background())
		expectError(t, err, false, []string{"unknown authority", "caCert"})
	})
	t.Run("somebody else asks it for long", func(t *testing.T) {
		is := is.New(t)
		s := startServer(t, time.Hour)
		release, asked := make(chan struct{}), make(chan struct{}, 2)
		var h http.HandlerFunc = func(http.ResponseWriter, *http.Request) { asked <- struct{}{}; <-release }
		s.answer.Store(&h)
		tokens := s.endpoint(t).Tokens()
		first := make(chan error)
		go func() { _, err := tokens.Token(context.Background()); first <- err }()
		<-asked
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := tokens.Token(ctx)
		expectError(t, err, true, []string{"wait for a token"})
		close(release)
		is.True(<-first != nil)
	})
}

// Some endpoints want the secret in the form and not in a header.
func TestTheSecretGoesWhereTheEndpointWantsIt(t *testing.T) {
	is := is.New(t)
	s := startServer(t, time.Hour)
	var h http.HandlerFunc = func(w http.ResponseWriter, r *http.Request) {
		if r.PostForm.Get("client_secret") != "opensesame" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"abc"}`)
	}
	s.answer.Store(&h)
	tokens := s.endpoint(t).Tokens()
	for range 2 {
		token, err := tokens.Token(context.Background())
		is.NoErr(err)
		is.Equal(token, "abc")
	}
	is.Equal(s.asked.Load(), int32(3)) // the header is tried once
}
