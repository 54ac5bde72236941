package registry

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestRegistersAndFindsSchemas(t *testing.T) {
	is := is.New(t)
	ctx := context.Background()
	r, _ := started(t)
	client, _ := asking(t, Config{URLs: []string{r.URL()}})
	var missing *NotFoundError
	_, err := client.Latest(ctx, "orders-value")
	is.True(errors.As(err, &missing))
	expect.Error(t, err, `find the latest schema of subject "orders-value"`)
	_, err = client.Lookup(ctx, "orders-value", "AVRO", order)
	is.True(errors.As(err, &missing))

	id, err := client.Register(ctx, "orders-value", "AVRO", order)
	is.NoErr(err)
	again, err := client.Register(ctx, "orders-value", "AVRO", order)
	is.NoErr(err)
	is.Equal(again, id)
	found, err := client.Lookup(ctx, "orders-value", "AVRO", order)
	is.NoErr(err)
	is.Equal(found, id)
	latest, err := client.Latest(ctx, "orders-value")
	is.NoErr(err)
	is.Equal(latest.ID, id)
	is.Equal(latest.Text, order)
	is.Equal(latest.Versions, []SubjectVersion{{"orders-value", 1}})
}

func TestASchemaThatIsNotCompatibleIsRefused(t *testing.T) {
	r, _ := started(t)
	r.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/versions") {
			return false
		}
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(`{"error_code":409,"message":"READER_FIELD_MISSING_DEFAULT_VALUE: id"}`))
		return true
	})
	client, warnings := asking(t, Config{URLs: []string{r.URL()}})
	_, err := client.Register(context.Background(), "orders-value", "AVRO", order)
	var refused *RefusedError
	is.New(t).True(errors.As(err, &refused))
	expect.Error(t, err, `register the schema under subject "orders-value": the schema registry refuses it: READER_FIELD_MISSING_DEFAULT_VALUE: id`)
	is.New(t).Equal(len(*warnings), 0)
}
