package convert

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/jsonschema"
	"github.com/conduitio/conduit-connector-kafka/internal/convert/plain"
	"github.com/conduitio/conduit-connector-kafka/internal/registry"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// registryEncoder writes as Confluent's serializers do: a zero byte, the schema's ID, and
// the data. It is for one goroutine.
type registryEncoder struct {
	part     encodedPart
	typ      string // the registry's name of the format
	choice   schemaChoice
	file     *codec // of a file; nil without one
	registry Registry
	writers  answers[string, *writer] // by topic
	places   map[*fileSchema]registry.RegisteredReference
}

// writer is a schema to write with.
type writer struct {
	codec
	prefix []byte
}

// codec encodes with a schema.
type codec struct {
	name string // of the record
	raw  func([]byte) (any, error)
	put  func(any) ([]byte, error)
}

// latestFor is how long the latest schema of a subject is used before the registry is asked
// again.
const latestFor = time.Minute

func newRegistryEncoder(p encodedPart) (*registryEncoder, error) {
	e := &registryEncoder{part: p, typ: schemaTypes[p.format], registry: p.settings.Registry, writers: make(answers[string, *writer]), places: make(map[*fileSchema]registry.RegisteredReference)}
	var errs []error
	if p.settings.Registry == nil {
		errs = append(errs, setting.Missing("schemaRegistry.urls", fmt.Sprintf("it is required with %s %s", p.setting("format"), p.format), "https://registry:8081", nil))
	}
	if p.message != "" && p.format != formatProtobuf {
		errs = append(errs, setting.Invalid(p.setting("message"), "it is for the format "+formatProtobuf, ""))
	}
	var err error
	if e.choice, err = p.choice(); err != nil {
		errs = append(errs, err)
	}
	if len(e.choice.files) > 0 {
		c, err := e.codecOf(schemaOf(e.typ, e.choice.files))
		if err != nil {
			errs = append(errs, setting.Invalid(p.setting("schema"), inFile(p.schema, err).Error(), ""))
		}
		e.file = &c
	}
	return e, errors.Join(errs...)
}

func (e *registryEncoder) encode(ctx context.Context, topic string, r *opencdc.Record) ([]byte, error) {
	data, err := e.part.data(r)
	if err != nil || isNull(data) {
		return nil, err
	}
	w, err := e.writers.of(ctx, topic, func() (*writer, time.Time, error) { return e.find(ctx, topic, data) })
	if err != nil {
		return nil, err
	}
	v := any(data)
	if raw, ok := data.(opencdc.RawData); ok {
		if v, err = w.raw(raw); err != nil {
			return nil, fmt.Errorf("raw data must be JSON: %w", err)
		}
	}
	b, err := w.put(v)
	if err != nil {
		return nil, err
	}
	return append(w.prefix[:len(w.prefix):len(w.prefix)], b...), nil
}

// find returns what to write the records of a topic with, and until when.
func (e *registryEncoder) find(ctx context.Context, topic string, data opencdc.Data) (*writer, time.Time, error) {
	var missing *registry.NotFoundError
	switch {
	case e.choice.id > 0:
		s, err := e.registry.Schema(ctx, e.choice.id)
		return e.ready(s, time.Time{}, err)
	case e.file == nil:
		s, err := e.registry.Latest(ctx, topic+e.part.suffix)
		if errors.As(err, &missing) && e.part.settings.SchemaAutoRegister {
			s, err = e.infer(ctx, topic, data)
		}
		return e.ready(s, time.Now().Add(latestFor), err)
	}
	id, err := e.place(ctx, e.subject(topic))
	if err != nil {
		return nil, time.Time{}, err
	}
	return &writer{*e.file, framing(id)}, time.Time{}, nil
}

// infer registers a schema made of the first record of a topic whose subject has none. It
// is that subject's from then on, also for later records, which may fit or not.
func (e *registryEncoder) infer(ctx context.Context, topic string, data opencdc.Data) (*registry.Schema, error) {
	v := any(data)
	if raw, ok := data.(opencdc.RawData); ok {
		var err error
		if v, err = plain.ParseJSON(raw); err != nil {
			return nil, fmt.Errorf("there is no schema, and it can be made of JSON alone: %w", err)
		}
	}
	text, err := infer(e.typ, topic+e.part.suffix, v)
	if err != nil {
		return nil, err
	}
	id, err := e.registry.Register(ctx, topic+e.part.suffix, registry.Draft{Type: e.typ, Text: text})
	if err != nil {
		return nil, err
	}
	return &registry.Schema{ID: id, Type: e.typ, Text: text}, nil
}

// ready compiles a schema of the registry, to write with until then.
func (e *registryEncoder) ready(s *registry.Schema, until time.Time, err error) (*writer, time.Time, error) {
	if err != nil {
		return nil, until, err
	}
	if s.Type != e.typ {
		return nil, until, fmt.Errorf("schema %d is of type %s, and %s is %s", s.ID, s.Type, e.part.setting("format"), e.part.format)
	}
	c, err := e.codecOf(s)
	if err != nil {
		return nil, until, fmt.Errorf("schema %d: %w", s.ID, err)
	}
	return &writer{c, framing(s.ID)}, until, nil
}

func framing(id int) []byte {
	return binary.BigEndian.AppendUint32([]byte{magicByte}, uint32(id))
}

// codecOf compiles a schema to encode with.
func (e *registryEncoder) codecOf(s *registry.Schema) (codec, error) {
	c := codec{raw: plain.ParseJSON}
	switch s.Type {
	case typeAvro:
		schema, err := avroCodec(s)
		if err != nil {
			return c, err
		}
		c.name, c.put = schema.Name(), schema.Encode
		switch schema.Type() {
		case "string":
			c.raw = func(b []byte) (any, error) { return string(b), nil }
		case "bytes", "fixed":
			c.raw = func(b []byte) (any, error) { return b, nil }
		}
	case typeProtobuf:
		schema, err := protobufCodec(s)
		if err != nil {
			return c, err
		}
		message, err := schema.Message(e.part.message)
		if err != nil {
			return c, err
		}
		c.name, c.put = message.Name(), message.Encode
	case typeJSON:
		references := make([]jsonschema.Reference, len(s.References))
		for i, r := range s.References {
			references[i] = jsonschema.Reference(r)
		}
		schema, err := jsonschema.New(s.Text, references...)
		if err != nil {
			return c, err
		}
		c.name, c.put = schema.Name(), schema.Encode
		c.raw = func(b []byte) (any, error) { // as it is, but for its spaces
			if !json.Valid(b) {
				return plain.ParseJSON(b)
			}
			return json.RawMessage(b), nil
		}
	}
	if c.name == "" && e.part.settings.namesRecords() {
		return c, fmt.Errorf("it has no name of a record, which schema.subject %s needs", e.part.settings.SchemaSubject)
	}
	return c, nil
}
