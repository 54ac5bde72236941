package registry_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/matryer/is"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// settings are a connector's, as in a pipeline file.
type settings map[string]string

func (s settings) with(more settings) settings {
	out := maps.Clone(s)
	maps.Copy(out, more)
	return out
}

// place is a topic of a test, and the registry.
type place struct {
	t        *testing.T
	ctx      context.Context //nolint:containedctx // that of the test
	log      *sides.Log
	topic    string
	shared   settings // of both sides
	registry *broker.SchemaRegistry
	schemas  *sr.Client
}

func newPlace(t *testing.T) *place {
	t.Helper()
	registry := broker.RegistryForTest(t)
	cluster := broker.ForTest(t, broker.Options{})
	p := &place{t: t, log: new(sides.Log), topic: cluster.NewTopic(t, 1, nil), registry: registry}
	p.ctx = sides.Guarded(t, zerolog.New(p.log))
	p.shared = settings{"servers": strings.Join(cluster.Servers(), ","), "schemaRegistry.urls": registry.URL()}
	var err error
	p.schemas, err = sr.NewClient(sr.URLs(registry.URL()))
	is.New(t).NoErr(err)
	return p
}

// register registers a schema, and returns its ID.
func (p *place) register(subject, typ, text string, references ...sr.SchemaReference) int {
	p.t.Helper()
	s := sr.Schema{Schema: text, References: references}
	is.New(p.t).NoErr(s.Type.UnmarshalText([]byte(typ)))
	id, err := p.schemas.RegisterSchema(p.ctx, subject, s, -1, -1)
	is.New(p.t).NoErr(err)
	return id
}

// write writes payloads.
func (p *place) write(s settings, payloads ...opencdc.Data) error {
	p.t.Helper()
	records := make([]opencdc.Record, len(payloads))
	for i, payload := range payloads {
		records[i] = opencdc.Record{
			Position: opencdc.Position(fmt.Sprint(i)), Operation: opencdc.OperationCreate, Metadata: opencdc.Metadata{},
			Key: opencdc.StructuredData{"id": i}, Payload: opencdc.Change{After: payload},
		}
	}
	n, err := sides.Write(p.ctx, p.shared.with(settings{"topic": p.topic}).with(s), records...)
	if err == nil && n != len(records) {
		return fmt.Errorf("%d of %d records are written", n, len(records))
	}
	return err
}

// open opens a source, and closes it at the end of the test.
func (p *place) open(s settings) sdk.Source {
	p.t.Helper()
	src, err := sides.OpenSource(p.ctx, p.shared.with(settings{"topics": p.topic, "readFromBeginning": "true"}).with(s), nil)
	is.New(p.t).NoErr(err)
	p.t.Cleanup(func() { is.New(p.t).NoErr(src.Teardown(context.Background())) })
	return src
}

// read reads until count records have come.
func (p *place) read(src sdk.Source, count int) ([]opencdc.Record, error) {
	var out []opencdc.Record
	for len(out) < count {
		records, err := src.ReadN(p.ctx, count-len(out))
		if err != nil {
			return out, fmt.Errorf("after %d of %d records: %w", len(out), count, err)
		}
		for _, r := range records {
			if err := src.Ack(p.ctx, r.Position); err != nil {
				return out, err
			}
		}
		out = append(out, records...)
	}
	return out, nil
}
