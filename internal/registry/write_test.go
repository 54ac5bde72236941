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
	draft := Draft{Type: "AVRO", Text: order}
	_, _, err = client.Lookup(ctx, "orders-value", draft)
	is.True(errors.As(err, &missing))

	id, err := client.Register(ctx, "orders-value", draft)
	is.NoErr(err)
	again, err := client.Register(ctx, "orders-value", draft)
	is.NoErr(err)
	is.Equal(again, id)
	found, version, err := client.Lookup(ctx, "orders-value", draft)
	is.NoErr(err)
	is.Equal(version, 1)
	is.Equal(found, id)
	latest, err := client.Latest(ctx, "orders-value")
	is.NoErr(err)
	is.Equal(latest.ID, id)
	is.Equal(latest.Text, order)
	is.Equal(latest.Versions, []SubjectVersion{{"orders-value", 1}})
}

func TestRegistersAndFindsASchemaWithWhatItRefersTo(t *testing.T) {
	is := is.New(t)
	ctx := context.Background()
	r, _ := started(t)
	client, _ := asking(t, Config{URLs: []string{r.URL()}})
	const of = `{"type":"record","name":"Batch","fields":[{"name":"first","type":"Order"}]}`
	draft := Draft{Type: "AVRO", Text: of, References: []RegisteredReference{{"Order", "Order", 1}}}
	var refused *RefusedError
	_, err := client.Register(ctx, "batches-value", draft)
	is.True(errors.As(err, &refused)) // what it refers to is not there
	_, err = client.Register(ctx, "Order", Draft{Type: "AVRO", Text: order})
	is.NoErr(err)
	id, err := client.Register(ctx, "batches-value", draft)
	is.NoErr(err)
	found, _, err := client.Lookup(ctx, "batches-value", draft)
	is.NoErr(err)
	is.Equal(found, id)
	s, err := client.Schema(ctx, id)
	is.NoErr(err)
	is.Equal(s.References, []Reference{{"Order", order}})
	var missing *NotFoundError
	_, _, err = client.Lookup(ctx, "batches-value", Draft{Type: "AVRO", Text: of})
	is.True(errors.As(err, &missing)) // its references are part of a schema
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
	_, err := client.Register(context.Background(), "orders-value", Draft{Type: "AVRO", Text: order})
	var refused *RefusedError
	is.New(t).True(errors.As(err, &refused))
	expect.Error(t, err, `register the schema under subject "orders-value": the schema registry refuses it: READER_FIELD_MISSING_DEFAULT_VALUE: id`)
	is.New(t).Equal(len(*warnings), 0)
}
