package registry

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
)

// A registry, or a proxy before it, may repeat what it was told.
func TestTheLoginIsNotTold(t *testing.T) {
	const password = `open/se"same+§ x`
	quoted := strings.Trim(fmt.Sprintf("%q", password), `"`)
	basic := base64.StdEncoding.EncodeToString([]byte("user:" + password))
	secrets := []string{password, quoted, url.QueryEscape(password), url.PathEscape(password), basic, "opensesame-token",
		base64.StdEncoding.EncodeToString([]byte(password)), base64.RawURLEncoding.EncodeToString([]byte(password)), base64.StdEncoding.EncodeToString([]byte("opensesame-token"))}
	told := strings.ReplaceAll(strings.Join(secrets, " and "), `\`, `\\`)
	told = strings.ReplaceAll(told, `"`, `\"`)
	logins := map[string]func(*http.Request) error{
		"password": func(r *http.Request) error { r.SetBasicAuth("user", password); return nil },
		"token":    func(r *http.Request) error { r.Header.Set("Authorization", "Bearer opensesame-token"); return nil },
	}
	answers := map[string]http.HandlerFunc{
		"status line": func(w http.ResponseWriter, r *http.Request) {
			hijack(w, r.Header.Get("Authorization")+" "+secrets[0]+"\r\n\r\n")
		},
		"header": func(w http.ResponseWriter, r *http.Request) {
			hijack(w, "HTTP/1.1 200 OK\r\n"+r.Header.Get("Authorization")+"\r\n\r\n")
		},
	}
	for _, status := range []int{200, 302, 400, 401, 403, 404, 409, 500, 503} {
		answers[fmt.Sprint(status)] = func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"error_code":%d01,"message":"no login for %s"}`, status, told)
		}
		answers[fmt.Sprint(status, ", a page")] = func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, strings.Repeat(strings.Join(secrets, " "), 3))
		}
		answers[fmt.Sprint(status, ", cut")] = func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"error_code":%d,"message":"%s opensesame-token"}`, status, strings.Repeat("x", 490))
		}
	}
	for as, authorize := range logins {
		for name, serve := range answers {
			t.Run(as+", "+name, func(t *testing.T) {
				s := httptest.NewServer(serve)
				defer s.Close()
				client, warnings := asking(t, Config{URLs: []string{s.URL}, Authorize: authorize})
				_, err := client.Schema(context.Background(), 1)
				client.outage.err = nil
				_, refused := client.Register(context.Background(), "s", Draft{Type: "AVRO", Text: order})
				text := fmt.Sprintf("%v %+v %#v %v %v %v", err, err, err, refused, client.Ping(context.Background()), *warnings)
				for _, secret := range append(secrets, "opensesame-tok") {
					ofPassword := strings.Contains(secret, "opensesame-tok") || secret == secrets[len(secrets)-1]
					if ofPassword == (as == "token") && strings.Contains(text, secret) {
						t.Errorf("%s is told: %s", secret, text)
					}
				}
			})
		}
	}
}

// hijack answers with a text in place of HTTP.
func hijack(w http.ResponseWriter, text string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = conn.Write([]byte(text))
		_ = conn.Close()
	}
}

func TestLoginOf(t *testing.T) {
	for header, want := range map[string][]string{
		"":                   {""},
		"Basic no-base64":    {"no-base64"},
		"Basic dXNlcjo=":     {"dXNlcjo=", "user:", ""},
		"Basic dXNlcjpwYXNz": {"dXNlcjpwYXNz", "user:pass", "pass"},
		"Bearer token":       {"token"},
	} {
		is.New(t).Equal(loginOf(http.Header{"Authorization": {header}}), want)
	}
}
