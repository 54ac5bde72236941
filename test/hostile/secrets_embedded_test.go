package hostile_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// planted is in each secret of these tests.
const planted = "opensesame"

// echoes answers each authentication with what it was told.
func echoes(t *testing.T, mechanism string) string {
	fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"), kfake.EnableSASL(), kfake.Superuser("PLAIN", "u", "p"))
	embedded.Answer(fake, kmsg.SASLHandshake, func(req kmsg.Request) kmsg.Response {
		res := req.ResponseKind().(*kmsg.SASLHandshakeResponse)
		res.SupportedMechanisms = []string{mechanism}
		return res
	})
	embedded.Answer(fake, kmsg.SASLAuthenticate, func(req kmsg.Request) kmsg.Response {
		res := embedded.Refusal(req, 58).(*kmsg.SASLAuthenticateResponse)
		text := fmt.Sprintf("no login for %s", req.(*kmsg.SASLAuthenticateRequest).SASLAuthBytes)
		res.ErrorMessage = &text
		return res
	})
	return fake.ListenAddrs()[0]
}

// endpoint refuses each request for a token, or gives no token, and repeats all that it
// was told: headers and form.
func endpoint(t *testing.T, status int) (url, ca string) {
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		_, secret, _ := r.BasicAuth()
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":"invalid_client","error_description":"%s %s %s %s"}`, secret, r.Form.Get("client_secret"), r.Form.Get("key"), r.Header.Get("Authorization"))
	}))
	t.Cleanup(srv.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	is.New(t).NoErr(os.WriteFile(file, certificate(srv), 0o600))
	return srv.URL, file
}

func TestConnectorTellsNoSecretOnAnyFailingPath(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	is.New(t).NoErr(os.WriteFile(token, []byte(planted+"token"), 0o600))
	const nobody = "127.0.0.1:1"
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	refusing, ca := endpoint(t, http.StatusUnauthorized)
	useless, ca2 := endpoint(t, http.StatusOK)

	login := settings{"saslUsername": "u", "saslPassword": planted, "dialTimeout": "1s"}
	scram := login.with(settings{"saslMechanism": "SCRAM-SHA-512"})
	bearer := settings{"saslMechanism": "OAUTHBEARER", "oauth.tokenFile": token, "dialTimeout": "1s"}
	client := settings{"saslMechanism": "OAUTHBEARER", "oauth.clientID": "c", "oauth.clientSecret": planted, "oauth.parameters": "key=" + planted, "dialTimeout": "1s"}
	iam := settings{"saslMechanism": "AWS_MSK_IAM", "aws.region": "eu-west-1", "aws.accessKeyID": "AKIA", "aws.secretAccessKey": planted, "aws.sessionToken": planted, "dialTimeout": "1s"}
	plain := embedded.Start(t, kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("PLAIN", "u", "p"), kfake.Superuser("SCRAM-SHA-512", "u", "p")).ListenAddrs()[0]
	for name, s := range map[string]settings{
		"PLAIN, nobody listens":              login.with(settings{"servers": nobody}),
		"PLAIN at a web server":              login.with(settings{"servers": web.Listener.Addr().String()}),
		"PLAIN with TLS where there is none": login.with(settings{"servers": plain, "tls.enabled": "true"}),
		"PLAIN, wrong":                       login.with(settings{"servers": plain}),
		"SCRAM, wrong":                       scram.with(settings{"servers": plain}),
		"PLAIN, repeated by the broker":      login.with(settings{"servers": echoes(t, "PLAIN")}),
		"SCRAM, repeated by the broker":      scram.with(settings{"servers": echoes(t, "SCRAM-SHA-512")}),
		"token, not taken":                   bearer.with(settings{"servers": plain}),
		"token, repeated by the broker":      bearer.with(settings{"servers": echoes(t, "OAUTHBEARER")}),
		"secret, nobody listens":             client.with(settings{"servers": plain, "oauth.tokenURL": "https://" + nobody + "/?x=" + planted}),
		"secret, repeated by the endpoint":   client.with(settings{"servers": plain, "oauth.tokenURL": refusing, "oauth.caCertFile": ca}),
		"secret, no token":                   client.with(settings{"servers": plain, "oauth.tokenURL": useless, "oauth.caCertFile": ca2}),
		"AWS, repeated by the broker":        iam.with(settings{"servers": echoes(t, "AWS_MSK_IAM")}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			var log sides.Log
			ctx, cancel := context.WithTimeout(zerolog.New(&log).Level(zerolog.TraceLevel).WithContext(context.Background()), guard)
			defer cancel()
			short, stop := context.WithTimeout(ctx, 3*time.Second)
			defer stop()
			_, errSource := openSource(t, short, s.with(settings{"topics": "t"}), nil)
			is.True(errSource != nil)
			_, errDestination := openDestination(t, short, s.with(settings{"topic": "t"}))
			is.True(errDestination != nil)
			told := fmt.Sprintf("%v %+v %#v %v", errSource, errSource, errSource, errDestination) + log.String()
			for _, r := range kafka.CheckSource(ctx, s.with(settings{"topics": "t"})) {
				told += fmt.Sprintf("%+v", r)
			}
			for _, secret := range []string{planted, base64.StdEncoding.EncodeToString([]byte("c:" + planted))} {
				if i := strings.Index(told, secret); i >= 0 {
					t.Errorf("it is told: …%s…", told[max(0, i-300):min(len(told), i+100)])
				}
			}
		})
	}
}
