// Package jsonschema encodes plain values as JSON that fits a JSON Schema.
package jsonschema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Codec is what a schema says. Its methods may be called from any goroutine.
type Codec struct {
	schema *jsonschema.Schema
	title  string
}

// Reference is a schema that another refers to by its URL.
type Reference struct{ Name, Text string }

// own is the URL of a codec's own schema, unless it says another.
const own = "registry:///schema.json"

// New compiles a schema, with those that it refers to. None is fetched.
func New(text string, references ...Reference) (*Codec, error) {
	compiler := jsonschema.NewCompiler()
	known := make(given)
	for _, r := range references {
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(r.Text))
		if err != nil {
			return nil, fmt.Errorf("parse the schema %q, to which it refers: %w", r.Name, err)
		}
		known[r.Name] = document
	}
	compiler.UseLoader(known)
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err == nil {
		err = compiler.AddResource(own, document)
	}
	if err != nil {
		return nil, fmt.Errorf("parse the schema: %w", err)
	}
	schema, err := compiler.Compile(own)
	if err != nil {
		return nil, fmt.Errorf("compile the schema: %w", err)
	}
	return &Codec{schema, schema.Title}, nil
}

// given are the schemas that another refers to, by the names that it has for them.
type given map[string]any

// Load returns the one of a URL: what a name, which may be relative, has become.
func (g given) Load(url string) (any, error) {
	for name, document := range g {
		if url == name || strings.HasSuffix(url, "/"+strings.TrimPrefix(name, "./")) {
			return document, nil
		}
	}
	return nil, fmt.Errorf("%s is not among the schemas that it refers to", url)
}

// Name returns the title of the schema, which is the name of a record for Confluent's
// serializers.
func (c *Codec) Name() string { return c.title }

// Encode encodes a plain value. What does not fit is an error that names the field.
func (c *Codec) Encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if err := c.schema.Validate(document); err != nil {
		return nil, explain(err)
	}
	return b, nil
}

// explain names the first field that does not fit.
func explain(err error) error {
	var wrong *jsonschema.ValidationError
	if !errors.As(err, &wrong) {
		return err
	}
	for len(wrong.Causes) > 0 {
		wrong = wrong.Causes[0]
	}
	at := "the data"
	if len(wrong.InstanceLocation) > 0 {
		at = "field " + strings.Join(wrong.InstanceLocation, ".")
	}
	text := wrong.Error()
	if _, reason, ok := strings.Cut(text, "': "); ok {
		text = reason
	}
	return fmt.Errorf("%s: %s", at, strings.TrimSpace(text))
}
