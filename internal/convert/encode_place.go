package convert

import (
	"context"
	"errors"
	"fmt"

	"github.com/conduitio/conduit-connector-kafka/internal/registry"
)

// subject names where the schema of a file is registered.
func (e *registryEncoder) subject(topic string) string {
	switch e.part.settings.SchemaSubject {
	case subjectRecord:
		return e.file.name
	case subjectTopicRecord:
		return topic + "-" + e.file.name
	}
	return topic + e.part.suffix
}

// place returns the ID of the schema of a file, which it registers where it may.
func (e *registryEncoder) place(ctx context.Context, subject string) (int, error) {
	last := len(e.choice.files) - 1
	for _, f := range e.choice.files[:last] {
		if err := e.placeReference(ctx, f); err != nil {
			return 0, fmt.Errorf("%s refers to %q: %w", e.part.schema, f.name, err)
		}
	}
	draft := e.draft(e.choice.files[last])
	if e.part.settings.SchemaAutoRegister {
		return e.registry.Register(ctx, subject, draft)
	}
	id, _, err := e.registry.Lookup(ctx, subject, draft)
	return id, e.remedied(err)
}

// placeReference finds where the registry has a schema that others refer to: under the
// subject of that name, as Confluent's serializers have it. It registers it there if it may.
func (e *registryEncoder) placeReference(ctx context.Context, f *fileSchema) error {
	if _, ok := e.places[f]; ok {
		return nil
	}
	draft := e.draft(f)
	_, version, err := e.registry.Lookup(ctx, f.name, draft)
	var missing *registry.NotFoundError
	if errors.As(err, &missing) && e.part.settings.SchemaAutoRegister {
		if _, err := e.registry.Register(ctx, f.name, draft); err != nil {
			return err
		}
		_, version, err = e.registry.Lookup(ctx, f.name, draft)
	}
	if err != nil {
		return e.remedied(err)
	}
	e.places[f] = registry.RegisteredReference{Name: f.name, Subject: f.name, Version: version}
	return nil
}

// draft is a schema whose references have their places.
func (e *registryEncoder) draft(f *fileSchema) registry.Draft {
	d := registry.Draft{Type: e.typ, Text: f.text}
	for _, other := range f.others {
		d.References = append(d.References, e.places[other])
	}
	return d
}

// remedied adds to the error of a schema that is not registered what registers it.
func (e *registryEncoder) remedied(err error) error {
	var missing *registry.NotFoundError
	if errors.As(err, &missing) && !e.part.settings.SchemaAutoRegister {
		return fmt.Errorf("%w; schema.autoRegister registers it", err)
	}
	return err
}
