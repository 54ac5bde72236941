package registry

import (
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/sr"
)

// Schema is what a registry has under an ID.
type Schema struct {
	ID         int
	Type       string // AVRO, PROTOBUF or JSON
	Text       string
	References []Reference      // what it refers to, each after those that it refers to itself
	Versions   []SubjectVersion // where it is registered; may be unknown
}

// Reference is another schema that a schema refers to by a name: of an Avro type, of a
// Protobuf file, or the URL of a JSON Schema.
type Reference struct {
	Name string
	Text string
}

// SubjectVersion is a place in a registry.
type SubjectVersion struct {
	Subject string
	Version int
}

func (s *Schema) size() int {
	size := len(s.Text)
	for _, r := range s.References {
		size += len(r.Text)
	}
	return size
}

// maxReferences bounds what one schema may refer to, itself and by others.
const maxReferences = 1000

// references fetches what is referred to, and what that refers to, each once.
func (c *Client) references(ctx context.Context, of []sr.SchemaReference) ([]Reference, error) {
	var out []Reference
	seen := make(map[sr.SchemaReference]bool)
	var add func([]sr.SchemaReference) error
	add = func(of []sr.SchemaReference) error {
		for _, r := range of {
			if seen[r] {
				continue
			}
			if seen[r] = true; len(seen) > maxReferences {
				return fmt.Errorf("it refers to more than %d others", maxReferences)
			}
			s, err := c.version(ctx, r)
			if err != nil {
				return fmt.Errorf("find version %d of subject %q, to which it refers as %q: %w", r.Version, r.Subject, r.Name, err)
			}
			if err := add(s.References); err != nil {
				return err
			}
			out = append(out, Reference{r.Name, s.Schema.Schema})
		}
		return nil
	}
	err := add(of)
	return slices.Clip(out), err
}

func (c *Client) version(ctx context.Context, r sr.SchemaReference) (sr.SubjectSchema, error) {
	at := SubjectVersion{r.Subject, r.Version}
	if s, ok := c.versions.get(at); ok {
		return s, nil
	}
	var s sr.SubjectSchema
	err := c.ask(ctx, func(client *sr.Client) (err error) {
		s, err = client.SchemaByVersion(ctx, r.Subject, r.Version)
		return err
	})
	if err == nil {
		c.versions.put(at, s, len(s.Schema.Schema))
	}
	return s, err
}
