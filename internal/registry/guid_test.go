package registry

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestSchemaByGUIDIsAskedForOnce(t *testing.T) {
	is := is.New(t)
	r, requests := started(t)
	id, _, err := r.RegisterSchema("orders-value", sr.Schema{Schema: order})
	is.NoErr(err)
	direct, err := sr.NewClient(sr.URLs(r.URL()))
	is.NoErr(err)
	latest, err := direct.SchemaByVersion(context.Background(), "orders-value", -1)
	is.NoErr(err)
	before := requests.Load()
	client, _ := asking(t, Config{URLs: []string{r.URL()}})
	for range 3 {
		s, err := client.SchemaByGUID(context.Background(), uuid.MustParse(latest.GUID))
		is.NoErr(err)
		is.Equal(s.ID, id)
		is.Equal(s.Text, order)
		is.Equal(s.Versions, []SubjectVersion{{"orders-value", 1}})
	}
	is.Equal(requests.Load()-before, int64(3)) // the schema, its ID, and where it is registered
}

func TestSchemaByGUIDThatDoesNotExistIsRememberedForAMoment(t *testing.T) {
	is := is.New(t)
	r, requests := started(t)
	client, warnings := asking(t, Config{URLs: []string{r.URL()}})
	for range 3 {
		_, err := client.SchemaByGUID(context.Background(), uuid.UUID{1})
		expect.Error(t, err, "find schema 01000000-0000-0000-0000-000000000000: the schema registry does not have it")
	}
	is.Equal(requests.Load(), int64(1))
	is.Equal(len(*warnings), 0)
}
