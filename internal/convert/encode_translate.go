package convert

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

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
	header string                         // that may name the schema
	ids    answers[schemaOfTopic, []byte] // as they begin the bytes
}

type schemaOfTopic struct {
	topic string
	id    int
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
	return &idTranslator{part: p, header: header, ids: make(answers[schemaOfTopic, []byte])}, errors.Join(errs...)
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
	prefix, err := t.ids.of(ctx, schemaOfTopic{topic, id}, func() ([]byte, time.Time, error) {
		now, err := t.part.settings.Translator.ID(ctx, id, topic+t.part.suffix)
		return framing(now), time.Time{}, err
	})
	if err != nil {
		return nil, err
	}
	return append(prefix[:framingSize:framingSize], raw[framingSize:]...), nil
}
