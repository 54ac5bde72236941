package jsonschema

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// meter bounds the steps of a validation. The library has no bound of its own: a schema of
// n parts that each refer twice to the next takes 2 to the power of n.
type meter struct {
	most    int // maxSteps, but in tests
	left    int
	path    int                  // steps of the longest path to a value, which each error has
	schemas []*jsonschema.Schema // to be metered
}

const (
	// maxSteps is some seconds at the most. The library compares 4 million short texts in
	// half a second, visits half a million values in two.
	maxSteps = 4 << 20
	// maxPattern bounds a regular expression, in the instructions that it takes.
	maxPattern = 10_000
)

var errSteps = fmt.Errorf("it takes more than %d steps to check it against its schema", maxSteps)

func (m *meter) take(steps int) error {
	if steps > m.left {
		m.left = -1
		return errSteps
	}
	m.left -= steps
	return nil
}

// attach has a compiler compile schemas that can be metered.
func (m *meter) attach(c *jsonschema.Compiler) {
	c.UseRegexpEngine(m.pattern)
	c.RegisterVocabulary(&jsonschema.Vocabulary{
		URL: "kafka:meter",
		Compile: func(ctx *jsonschema.CompilerContext, _ map[string]any) (jsonschema.SchemaExt, error) {
			m.schemas = append(m.schemas, ctx.Enqueue(nil)) // the one that is being compiled
			return nil, nil
		},
	})
	c.AssertVocabs()
}

// install meters all schemas. The library looks at the format before it looks at schemas
// within, so that is where steps are taken; what it looks at earlier moves to a schema
// within, or counts for the schema around it (see weigh).
func (m *meter) install() {
	for _, s := range m.schemas {
		w := weigh(s)
		if s.Enum != nil || s.Const != nil {
			s.AllOf = append(s.AllOf, &jsonschema.Schema{DraftVersion: s.DraftVersion, Location: s.Location, Enum: s.Enum, Const: s.Const})
			s.Enum, s.Const = nil, nil
		}
		s.Format = m.format(s.Format, w)
	}
	m.schemas = nil
}

func (m *meter) format(of *jsonschema.Format, w weight) *jsonschema.Format {
	name, validate := "steps", func(any) error { return nil }
	if of != nil {
		name, validate = of.Name, of.Validate
		if name == "regex" {
			validate = m.isPattern
		}
	}
	return &jsonschema.Format{Name: name, Validate: func(v any) error {
		if err := m.take(w.of(v, m.path)); err != nil {
			return err
		}
		return validate(v)
	}}
}

// pattern is a regular expression.
type pattern struct {
	*regexp.Regexp
	meter *meter
	size  int
}

func (m *meter) pattern(text string) (jsonschema.Regexp, error) {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	n := instructions(parsed)
	if n > maxPattern {
		return nil, errors.New("the regular expression is too large")
	}
	compiled, err := regexp.Compile(text)
	return &pattern{compiled, m, n}, err
}

func (m *meter) isPattern(v any) error {
	text, ok := v.(string)
	if !ok {
		return nil
	}
	_, err := m.pattern(text)
	return err
}

// MatchString reports whether a text matches. Without steps left it does not.
func (p *pattern) MatchString(text string) bool {
	return p.meter.take(1+p.size*len(text)/16) == nil && p.Regexp.MatchString(text)
}

// instructions is about how many instructions a regular expression is compiled to, up to
// more than are allowed.
func instructions(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)/2
	for _, sub := range re.Sub {
		n += instructions(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return min(n, maxPattern+1)
}
