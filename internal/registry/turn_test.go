package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/matryer/is"
	"golang.org/x/time/rate"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// Whoever writes records chooses the IDs in them.
func TestQuestionsAreBounded(t *testing.T) {
	is := is.New(t)
	ctx := context.Background()
	url, requests := serving(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/schemas/ids/1") {
			fmt.Fprint(w, `{"schema":"{}","schemaType":"JSON"}`)
			return
		}
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error_code":40403,"message":"no"}`)
	})
	client, warnings := asking(t, Config{URLs: []string{url}})
	is.Equal(client.pace.Limit(), rate.Limit(questionsPerSecond))
	is.Equal(client.pace.Burst(), questionsAtOnce)
	client.pace = rate.NewLimiter(rate.Every(time.Hour), 4)
	_, err := client.Schema(ctx, 1)
	is.NoErr(err)
	for id := 2; id <= 4; id++ {
		_, err := client.Schema(ctx, id)
		expect.Error(t, err, "does not have it")
	}
	before := requests.Load()
	is.Equal(before, int64(5)) // with the places of the first

	early := func(err error) {
		t.Helper()
		expect.Error(t, err, "the schema registry is not asked: more than 1000 schemas at once, and 100 a second after that, are asked for")
		var unavailable *UnavailableError
		is.True(errors.As(err, &unavailable)) // it may be there
		is.True(time.Until(unavailable.RetryAt) > time.Minute)
	}
	for id := 5; id <= 20; id++ {
		_, err := client.Schema(ctx, id)
		early(err)
	}
	_, err = client.SchemaByGUID(ctx, uuid.UUID{1})
	early(err)
	_, err = client.Latest(ctx, "a-value")
	early(err)
	_, err = client.Register(ctx, "b-value", Draft{Type: "AVRO", Text: order})
	early(err)
	_, _, err = client.Lookup(ctx, "c-value", Draft{Type: "AVRO", Text: order})
	early(err)
	is.Equal(requests.Load(), before)
	is.Equal(len(*warnings), 1)

	_, err = client.Schema(ctx, 1) // what is known is no question
	is.NoErr(err)
	_, err = client.Schema(ctx, 2)
	expect.Error(t, err, "does not have it")
	is.NoErr(client.Ping(ctx)) // nor does anybody but the operator decide on this one

	client.pace.SetLimit(rate.Inf)
	_, err = client.Schema(ctx, 5)
	expect.Error(t, err, "does not have it")
}
