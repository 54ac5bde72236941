package connector_test

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/certs"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// tokenEndpoint gives tokens that the clusters of test/broker accept.
type tokenEndpoint struct {
	*httptest.Server
	ca    []byte // who signed its certificate, PEM
	given atomic.Int32

	revoked atomic.Int32 // how many of the next tokens no broker accepts
}

func startTokenEndpoint(t *testing.T, lifetime time.Duration) *tokenEndpoint {
	t.Helper()
	is := is.New(t)
	ca, err := certs.New("CA of the token endpoint")
	is.NoErr(err)
	server, err := ca.Server()
	is.NoErr(err)
	pair, err := server.TLS()
	is.NoErr(err)
	e := &tokenEndpoint{ca: ca.Cert()}
	e.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if id, secret, _ := r.BasicAuth(); id != "connector" || secret != "connector-secret" {
			w.WriteHeader(http.StatusUnauthorized)
			_ = json.NewEncoder(w).Encode(map[string]any{"error": "invalid_client"})
			return
		}
		e.given.Add(1)
		end := time.Now().Add(lifetime)
		if e.revoked.Add(-1) >= 0 {
			end = time.Now().Add(-time.Minute)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{
			"access_token": broker.Token("connector", end), "token_type": "Bearer",
			"expires_in": int(lifetime.Seconds()) - 1, // the token's own end is in whole seconds
		})
	}))
	e.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that don't trust it
	e.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	e.StartTLS()
	t.Cleanup(e.Close)
	return e
}

// settings are those to log in with tokens of the endpoint, at a cluster with TLS.
func (e *tokenEndpoint) settings(c *broker.Cluster) settings {
	return settings{
		"servers": list(c.SASLSSL()), "caCert": string(c.Certs().CA) + string(e.ca), "saslMechanism": "OAUTHBEARER",
		"oauth.tokenURL": e.URL + "/token", "oauth.clientID": "connector", "oauth.clientSecret": "connector-secret", "oauth.scopes": "kafka",
	}
}

func tokenFile(t *testing.T, token string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	is.New(t).NoErr(os.WriteFile(path, []byte(token+"\n"), 0o600))
	return path
}

func TestAuthenticatesWithTokens(t *testing.T) {
	t.Parallel()
	cluster := broker.ForTest(t, broker.Options{Secure: true})
	endpoint := startTokenEndpoint(t, time.Hour)
	withFile := settings{"saslMechanism": "OAUTHBEARER", "oauth.tokenFile": tokenFile(t, broker.Token("connector", time.Now().Add(time.Hour)))}
	for name, s := range map[string]settings{
		"from an endpoint":         endpoint.settings(cluster),
		"from a file with TLS":     withFile.with(settings{"servers": list(cluster.SASLSSL()), "caCert": string(cluster.Certs().CA)}),
		"from a file in plaintext": withFile.with(settings{"servers": list(cluster.SASLPlaintext()), "securityProtocol": "SASL_PLAINTEXT"}),
	} {
		t.Run(name, func(t *testing.T) {
			copyThrough(t, s.with(settings{"topic": "tokens-" + strings.ReplaceAll(name, " ", "-")}))
		})
	}
	is.New(t).Equal(endpoint.given.Load(), int32(2)) // one for each side, however many connections
}

// A token may be revoked, or the keys changed that it is signed with, before it ends.
func TestATokenThatKafkaRefusesIsReplacedOnce(t *testing.T) {
	t.Parallel()
	cluster := broker.ForTest(t, broker.Options{Secure: true})
	for side, open := range bothSides {
		t.Run(side, func(t *testing.T) {
			is := is.New(t)
			opened := map[string]func(settings) error{
				"source": func(s settings) error {
					src, err := openSource(guarded(t), s.with(settings{"topics": "x"}), nil)
					is.NoErr(err)
					return src.Teardown(guarded(t))
				},
				"destination": func(s settings) error {
					dst, err := openDestination(guarded(t), s.with(settings{"topic": "x"}))
					is.NoErr(err)
					return dst.Teardown(guarded(t))
				},
			}[side]
			endpoint := startTokenEndpoint(t, time.Hour)
			endpoint.revoked.Store(1)
			s := endpoint.settings(cluster).with(settings{"servers": list(cluster.SASLPlaintext()), "securityProtocol": "SASL_PLAINTEXT", "caCert": "", "oauth.caCert": string(endpoint.ca)})
			is.NoErr(opened(s.with(settings{"oauth.extensions": "logicalCluster=lkc-1,identityPoolId=pool-2", "oauth.audience": "kafka"})))
			is.Equal(endpoint.given.Load(), int32(2))

			endpoint.revoked.Store(1000)
			err := open(guarded(t), s)
			expect.Error(t, err, "invalid_token")
			is.Equal(endpoint.given.Load(), int32(4)) // it ends at the second
		})
	}
}

func TestSaysWhyATokenIsRefused(t *testing.T) {
	t.Parallel()
	cluster := broker.ForTest(t, broker.Options{Secure: true})
	endpoint := startTokenEndpoint(t, time.Hour)
	down := startTokenEndpoint(t, time.Hour)
	down.Close()
	fromFile := func(token string) settings {
		return settings{"servers": list(cluster.SASLPlaintext()), "saslMechanism": "OAUTHBEARER", "oauth.tokenFile": tokenFile(t, token)}
	}
	for name, test := range map[string]struct {
		settings settings
		want     []string
	}{
		"no JSON Web Token": {fromFile("wrong-secret"), []string{"authentication failed", `"status":"invalid_token"`, "saslMechanism", "oauth.tokenFile"}},
		"an expired token":  {fromFile(broker.Token("connector", time.Now().Add(-time.Minute))), []string{"authentication failed", "invalid_token", "oauth.tokenFile"}},
		"a wrong client": {
			endpoint.settings(cluster).with(settings{"oauth.clientSecret": "wrong-secret"}),
			[]string{"authentication failed", "401 Unauthorized: invalid_client", "oauth.clientSecret"},
		},
		"an endpoint that nobody vouches for": {
			endpoint.settings(cluster).with(settings{"caCert": string(cluster.Certs().CA)}),
			[]string{"token endpoint", "unknown authority", "caCert"},
		},
		"an endpoint that is down": {down.settings(cluster), []string{"reach the token endpoint", "connection refused"}},
		"a mechanism that the broker does not have": {
			fromFile("x").with(settings{"servers": list(broker.ForTest(t, broker.Options{Secure: true, Properties: map[string]string{"sasl.enabled.mechanisms": "PLAIN"}}).SASLPlaintext())}),
			[]string{"the broker offers [PLAIN]", "saslMechanism"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // one tries for ten seconds
			for side, open := range bothSides {
				t.Run(side, func(t *testing.T) {
					is := is.New(t)
					err := open(guarded(t), test.settings)
					is.True(err != nil)
					t.Log(err)
					for _, want := range test.want {
						expect.Error(t, err, want) // names the reason and the remedy
					}
					is.True(!strings.Contains(err.Error(), "wrong-secret"))
				})
			}
		})
	}
}

// The end of a token is the end of its session, whatever connections.max.reauth.ms
// says: each renewal takes a new token.
func TestSessionsOutliveTheirTokens(t *testing.T) {
	cluster := broker.ForTest(t, broker.Options{Secure: true})
	const lifetime, count = 8 * time.Second, 5
	t.Run("from an endpoint", func(t *testing.T) {
		t.Parallel()
		endpoint := startTokenEndpoint(t, lifetime)
		outliveSessions(t, endpoint.settings(cluster).with(settings{"topic": "short-tokens"}), count*lifetime)
		is.New(t).True(endpoint.given.Load() >= 2*count) // by both sides
	})
	t.Run("from a file", func(t *testing.T) {
		t.Parallel()
		path := tokenFile(t, broker.Token("connector", time.Now().Add(lifetime)))
		done := renewEverySecond(t, path, lifetime)
		defer done()
		outliveSessions(t, settings{
			"servers": list(cluster.SASLSSL()), "caCert": string(cluster.Certs().CA),
			"saslMechanism": "OAUTHBEARER", "oauth.tokenFile": path, "topic": "short-tokens-in-a-file",
		}, count*lifetime)
	})
}

// renewEverySecond exchanges a token's file as Kubernetes does, in one step.
func renewEverySecond(t *testing.T, path string, lifetime time.Duration) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			case <-time.After(time.Second):
			}
			next := path + ".next"
			token := broker.Token("connector", time.Now().Add(lifetime))
			if err := errors.Join(os.WriteFile(next, []byte(token), 0o600), os.Rename(next, path)); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	return func() { close(quit); <-done }
}
