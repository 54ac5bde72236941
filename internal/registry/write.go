package registry

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/sr"
)

// Latest returns the last version of a subject. It is asked for each time. Its error is a
// NotFoundError, an UnavailableError, or the context's.
func (c *Client) Latest(ctx context.Context, subject string) (*Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var got sr.SubjectSchema
	err := c.ask(ctx, func(r *sr.Client) (err error) {
		got, err = r.SchemaByVersion(ctx, subject, -1)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find the latest schema of subject %q: %w", subject, err)
	}
	s := &Schema{ID: got.ID, Type: got.Type.String(), Text: got.Schema.Schema, Versions: []SubjectVersion{{subject, got.Version}}}
	if s.References, err = c.references(ctx, got.References); err != nil {
		return nil, fmt.Errorf("find the latest schema of subject %q: %w", subject, err)
	}
	return s, nil
}

// Register registers a schema that refers to no other under a subject, and returns its
// ID: that which it has if it is there already. Its error is a RefusedError where it is
// not compatible with the schemas before it, an UnavailableError, or the context's.
func (c *Client) Register(ctx context.Context, subject, typ, text string) (int, error) {
	return c.place(ctx, "register the schema under", subject, typ, text, func(r *sr.Client, s sr.Schema) (int, error) {
		return r.RegisterSchema(ctx, subject, s, -1, -1)
	})
}

// Lookup returns the ID of a schema that is registered under a subject. Its error is a
// NotFoundError where it is not, an UnavailableError, or the context's.
func (c *Client) Lookup(ctx context.Context, subject, typ, text string) (int, error) {
	return c.place(ctx, "find the schema under", subject, typ, text, func(r *sr.Client, s sr.Schema) (int, error) {
		found, err := r.LookupSchema(ctx, subject, s)
		return found.ID, err
	})
}

func (c *Client) place(ctx context.Context, what, subject, typ, text string, question func(*sr.Client, sr.Schema) (int, error)) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := sr.Schema{Schema: text}
	if err := s.Type.UnmarshalText([]byte(typ)); err != nil {
		return 0, err
	}
	id := 0
	err := c.ask(ctx, func(r *sr.Client) (err error) {
		id, err = question(r, s)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("%s subject %q: %w", what, subject, err)
	}
	return id, nil
}
