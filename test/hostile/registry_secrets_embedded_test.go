package hostile_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"

	kafka "github.com/conduitio/conduit-connector-kafka"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// A schema registry that refuses each request, or fails, and repeats all that it was told.
func TestConnectorTellsNoLoginOfTheRegistry(t *testing.T) {
	servers := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t")).ListenAddrs()[0]
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusConflict, http.StatusServiceUnavailable} {
		for login, s := range map[string]settings{
			"password": {"schemaRegistry.username": "u", "schemaRegistry.password": planted},
			"token":    {"schemaRegistry.token": planted},
		} {
			t.Run(fmt.Sprint(status, " and a ", login), func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					_, password, _ := r.BasicAuth()
					w.WriteHeader(status)
					fmt.Fprintf(w, `{"error_code":%d,"message":"no login for %s, %s"}`, status, password, r.Header.Get("Authorization"))
				}))
				t.Cleanup(registry.Close)
				var log sides.Log
				ctx, cancel := context.WithTimeout(zerolog.New(&log).Level(zerolog.TraceLevel).WithContext(context.Background()), guard)
				defer cancel()
				s := s.with(settings{"servers": servers, "schemaRegistry.urls": registry.URL})
				dst, err := openDestination(t, ctx, s.with(settings{"topic": "t", "value.format": "avro"}))
				is.NoErr(err)
				short, stop := context.WithTimeout(ctx, 3*time.Second)
				defer stop()
				_, err = dst.Write(short, []opencdc.Record{{Operation: opencdc.OperationCreate, Payload: opencdc.Change{After: opencdc.StructuredData{"a": "b"}}}})
				is.True(err != nil)
				is.NoErr(dst.Teardown(ctx))
				told := fmt.Sprintf("%v %+v %#v", err, err, err) + log.String()
				for _, r := range kafka.CheckSource(ctx, s.with(settings{"topics": "t", "value.decode": "avro"})) {
					told += fmt.Sprintf("%+v", r)
				}
				is.True(strings.Contains(told, "(secret)"))
				for _, secret := range []string{planted, base64.StdEncoding.EncodeToString([]byte("u:" + planted))} {
					if i := strings.Index(told, secret); i >= 0 {
						t.Errorf("it is told: …%s…", told[max(0, i-300):min(len(told), i+100)])
					}
				}
			})
		}
	}
}
