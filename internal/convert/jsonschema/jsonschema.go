// Package jsonschema encodes plain values as JSON that fits a JSON Schema.
package jsonschema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/conduitio/conduit-connector-kafka/internal/convert/budget"
)

// Codec is what a schema says. Its methods may be called from any goroutine.
type Codec struct {
	schema *jsonschema.Schema
	title  string

	mu    sync.Mutex
	meter meter
}

// Reference is a schema that another refers to by its URL.
type Reference struct{ Name, Text string }

// own is the URL of a codec's own schema, unless it says another.
const own = "registry:///schema.json"

// New compiles a schema, with those that it refers to. None is fetched.
func New(text string, references ...Reference) (*Codec, error) {
	texts := []string{text}
	for _, r := range references {
		texts = append(texts, r.Text)
	}
	if err := budget.Texts(texts...); err != nil {
		return nil, err
	}
	check := checker{budget: budget.New()}
	c := new(Codec)
	compiler := jsonschema.NewCompiler()
	c.meter.attach(compiler)
	known := make(given)
	for _, r := range references {
		document, err := check.parse(r.Text)
		if err != nil {
			return nil, fmt.Errorf("parse the schema %q, to which it refers: %w", r.Name, err)
		}
		known[r.Name] = document
	}
	compiler.UseLoader(known)
	document, err := check.parse(text)
	if err == nil {
		err = compiler.AddResource(own, document)
	}
	if err != nil {
		return nil, fmt.Errorf("parse the schema: %w", err)
	}
	c.meter.most, c.meter.left = maxSteps, maxSteps // patterns are tried as formats of the schema's own texts
	if c.schema, err = compiler.Compile(own); err != nil {
		return nil, fmt.Errorf("compile the schema: %w", err)
	}
	c.meter.install()
	c.title = c.schema.Title
	return c, nil
}

// given are the schemas that another refers to, by the names that it has for them.
type given map[string]any

// Load returns the one of a URL: what a name, which may be relative, has become. The
// longest name that fits counts.
func (g given) Load(url string) (any, error) {
	longest, ok := "", false
	for name := range g {
		fits := url == name || strings.HasSuffix(url, "/"+below(name))
		if fits && len(name) >= len(longest) {
			longest, ok = name, true
		}
	}
	if !ok {
		return nil, fmt.Errorf("%s is not among the schemas that it refers to", url)
	}
	return g[longest], nil
}

// below returns a name without the dots that lead up from where it stands, which a URL does
// not have.
func below(name string) string {
	for {
		first, rest, ok := strings.Cut(name, "/")
		if !ok || first != "." && first != ".." {
			return name
		}
		name = rest
	}
}

// Name returns the title of the schema, which is the name of a record for Confluent's
// serializers.
func (c *Codec) Name() string { return c.title }

// Encode encodes a plain value. What does not fit is an error that names the field. What it
// costs is bounded (see package budget, and maxSteps).
func (c *Codec) Encode(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(budget.New().JSON(b), budget.JSONDepth(b)); err != nil {
		return nil, err
	}
	document, err := unmarshal(b)
	if err != nil {
		return nil, err
	}
	depth, err := checkNumbers(document)
	if err != nil {
		return nil, err
	}
	if err := c.validate(document, depth); err != nil {
		return nil, err
	}
	return b, nil
}

func unmarshal(b []byte) (any, error) { return jsonschema.UnmarshalJSON(bytes.NewReader(b)) }

func (c *Codec) validate(document any, depth int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.meter.left, c.meter.path = c.meter.most, depth/16 // short ones take next to nothing
	err := c.schema.Validate(document)
	if c.meter.left < 0 {
		return errSteps
	}
	if err != nil {
		return explain(err)
	}
	return nil
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
