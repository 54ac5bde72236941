package main

import (
	"encoding/binary"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/conduitio/conduit-commons/database/inmemory"
	schemaregistry "github.com/conduitio/conduit-schema-registry"
	"github.com/matryer/is"
)

// The builtin registry needs nothing; this is one that others share, with the HTTP
// API of Confluent's.
func TestTheAvroExampleWithASchemaRegistryOfOthers(t *testing.T) {
	is := is.New(t)
	registry, err := schemaregistry.NewSchemaRegistry(&inmemory.DB{})
	is.NoErr(err)
	mux := http.NewServeMux()
	schemaregistry.NewServer(slog.New(slog.DiscardHandler), registry).RegisterHandlers(mux)
	server := httptest.NewServer(mux)
	defer server.Close()
	t.Setenv("CONDUIT_SCHEMA_REGISTRY_TYPE", "confluent")
	t.Setenv("CONDUIT_SCHEMA_REGISTRY_CONFLUENT_CONNECTION_STRING", server.URL)

	path, err := filepath.Abs("../../../examples/avro.yaml")
	is.NoErr(err)
	p := start(t, "", "-pipelines", path)
	cl := p.connect()
	defer cl.Close()
	records := p.awaitRecords(cl, "avro.orders")
	p.await("lines in out/avro-orders.jsonl", func() bool { return countLines(p.read("out/avro-orders.jsonl")) >= enough })
	p.interrupt()
	is.Equal(p.wait(), 0)

	res, err := http.Get(server.URL + "/subjects/avro.orders-value/versions/1")
	is.NoErr(err)
	defer res.Body.Close()
	var registered struct {
		ID     int    `json:"id"`
		Schema string `json:"schema"`
	}
	is.NoErr(json.NewDecoder(res.Body).Decode(&registered))
	hasFields(t, []byte(registered.Schema), "fields", "name", "type")
	for _, r := range records {
		is.Equal(int(binary.BigEndian.Uint32(r.Value[1:])), registered.ID)
	}
}
