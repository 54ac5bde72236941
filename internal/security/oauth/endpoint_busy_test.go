package oauth

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
)

// answers makes the server give the answers in order, and then those for a secret in
// the header.
func (s *server) answers(statuses ...int) {
	var n atomic.Int32
	var h http.HandlerFunc = func(w http.ResponseWriter, r *http.Request) {
		i := int(n.Add(1)) - 1
		switch {
		case i < len(statuses) && statuses[i] == 0:
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = conn.Close()
			}
		case i < len(statuses):
			w.WriteHeader(statuses[i])
		default:
			w.Header().Set("Content-Type", "application/json")
			if _, _, ok := r.BasicAuth(); !ok {
				w.WriteHeader(http.StatusUnauthorized)
				fmt.Fprint(w, `{"error":"invalid_client"}`)
				return
			}
			fmt.Fprint(w, `{"access_token":"abc"}`)
		}
	}
	s.answer.Store(&h)
}

// The first answer says whether the endpoint is busy; the secret is not sent again in
// another way.
func TestAnEndpointThatIsBusyOnceIsTriedAgain(t *testing.T) {
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusTooManyRequests, 0} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			is := is.New(t)
			s := startServer(t, time.Hour)
			s.answers(status)
			tokens := s.endpoint(t).Tokens()
			_, err := tokens.Token(context.Background())
			expectError(t, err, true, []string{"token endpoint"})
			is.Equal(s.asked.Load(), int32(1))
			token, err := tokens.Token(context.Background())
			is.NoErr(err)
			is.Equal(token, "abc")
		})
	}
}

func TestAnEndpointThatIsBusyWithTheFormIsTriedAgain(t *testing.T) {
	s := startServer(t, time.Hour)
	s.answers(http.StatusUnauthorized, http.StatusServiceUnavailable)
	_, err := s.endpoint(t).Tokens().Token(context.Background())
	expectError(t, err, true, []string{"503"})
}

func TestAnEndpointIsAskedOnceTheWayIsKnown(t *testing.T) {
	is := is.New(t)
	s := startServer(t, 0)
	tokens := s.endpoint(t).Tokens()
	_, err := tokens.Token(context.Background())
	is.NoErr(err)
	s.answers(http.StatusUnauthorized)
	_, err = tokens.Token(context.Background())
	expectError(t, err, false, []string{"401"})
	is.Equal(s.asked.Load(), int32(2))
}

func TestATokenThatIsRefusedIsNotUsedAgain(t *testing.T) {
	is := is.New(t)
	s := startServer(t, time.Hour)
	tokens := s.endpoint(t).Tokens()
	first, err := tokens.Token(context.Background())
	is.NoErr(err)
	is.True(tokens.Refused(first))
	second, err := tokens.Token(context.Background())
	is.NoErr(err)
	is.True(second != first)
	is.True(tokens.Refused(first)) // by another broker, later
	third, err := tokens.Token(context.Background())
	is.NoErr(err)
	is.Equal(third, second)

	is.True(tokens.Refused(second))
	s.fail(http.StatusServiceUnavailable, "text/plain", "")
	_, err = tokens.Token(context.Background())
	expectError(t, err, true, []string{"503"}) // rather than the refused one
}

func TestFurtherParametersAreSent(t *testing.T) {
	is := is.New(t)
	s := startServer(t, time.Hour)
	e := s.endpoint(t)
	e.Parameters = map[string]string{"audience": "https://kafka", "resource": "a b"}
	_, err := e.Tokens().Token(context.Background())
	is.NoErr(err)
	is.Equal(s.form.Load(), "audience=https%3A%2F%2Fkafka&grant_type=client_credentials&resource=a+b&scope=kafka.read+kafka.write")
}

func TestTheSecretIsAskedForAtEachRequest(t *testing.T) {
	is := is.New(t)
	s := startServer(t, 0)
	e := s.endpoint(t)
	secret := "wrong"
	e.Secret = func() string { return secret }
	tokens := e.Tokens()
	_, err := tokens.Token(context.Background())
	is.True(err != nil)
	secret = "opensesame"
	_, err = tokens.Token(context.Background())
	is.NoErr(err)
}
