package convert

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/registry"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// Translator finds the IDs that schemas of the source's registry have in the one that is
// written with. Its errors are those of registry.Translation.
type Translator interface {
	ID(ctx context.Context, id int, subject string) (int, error)
}

// Translates reports whether the Translator is used.
func (c Config) Translates() bool {
	return c.KeyFormat == formatSchemaID || c.ValueFormat == formatSchemaID
}

// idTranslator writes bytes as they are but for the ID of their schema, in whose place it
// puts the one that the schema has in another registry. It is for one goroutine.
type idTranslator struct {
	part   encodedPart
	header string // that may name the schema
	known  map[schemaOfTopic]translated
}

type schemaOfTopic struct {
	topic string
	id    int
}

// translated is an ID, or why there is none.
type translated struct {
	prefix []byte
	err    error
	until  time.Time // when it is looked for again; zero: never
}

func newIDTranslator(p encodedPart) (*idTranslator, error) {
	errs := []error{p.checkUnused()}
	if p.settings.Registry == nil {
		errs = append(errs, setting.Missing("schemaRegistry.urls", fmt.Sprintf("it is required with %s %s", p.setting("format"), p.format), "https://registry:8081", nil))
	}
	if p.settings.Translator == nil {
		errs = append(errs, setting.Missing("schemaRegistry.source.urls", fmt.Sprintf("it is required with %s %s", p.setting("format"), p.format), "https://source-registry:8081", nil))
	}
	if p.settings.namesRecords() {
		errs = append(errs, setting.Invalid("schema.subject", fmt.Sprintf("%s is not for %s %s, which names subjects by topic", p.settings.SchemaSubject, p.setting("format"), p.format), ""))
	}
	header := valueFields.header
	if p.name == "key" {
		header = keyFields.header
	}
	return &idTranslator{part: p, header: header, known: make(map[schemaOfTopic]translated)}, errors.Join(errs...)
}

func (t *idTranslator) encode(ctx context.Context, topic string, r *opencdc.Record) ([]byte, error) {
	data, err := t.part.data(r)
	if err != nil || isNull(data) {
		return nil, err
	}
	if _, named := r.Metadata[MetadataHeaderPrefix+t.header]; named {
		return nil, fmt.Errorf("its schema is named in the header %s, which %s does not translate", t.header, t.part.format)
	}
	raw, ok := data.(opencdc.RawData)
	if !ok {
		return nil, fmt.Errorf("%s %s takes bytes as they lay in Kafka, and this is structured data: leave %s.decode of the source out", t.part.setting("format"), t.part.format, t.part.name)
	}
	id := schemaID(raw)
	if id == 0 {
		return nil, errors.New("it does not begin with a zero byte and the ID of a schema, as Confluent's serializers write it")
	}
	found, err := t.find(ctx, schemaOfTopic{topic, id})
	if err != nil {
		return nil, err
	}
	return append(found.prefix[:framingSize:framingSize], raw[framingSize:]...), nil
}

// find returns the ID of a schema. During an outage of a registry it waits.
func (t *idTranslator) find(ctx context.Context, of schemaOfTopic) (translated, error) {
	if known, ok := t.known[of]; ok && (known.until.IsZero() || time.Now().Before(known.until)) {
		return known, known.err
	}
	for {
		id, err := t.part.settings.Translator.ID(ctx, of.id, of.topic+t.part.suffix)
		found := translated{prefix: framing(id)}
		var outage *registry.UnavailableError
		switch {
		case errors.As(err, &outage):
			if outage.Wait(ctx) != nil {
				return found, err
			}
			continue
		case err != nil && ctx.Err() != nil:
			return found, err
		case err != nil:
			found = translated{err: err, until: time.Now().Add(refusedFor)}
		}
		if len(t.known) >= maxWriters {
			clear(t.known)
		}
		t.known[of] = found
		return found, found.err
	}
}
