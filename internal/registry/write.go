package registry

import (
	"context"
	"fmt"
	"net/http"

	"github.com/twmb/franz-go/pkg/sr"
)

// Latest returns the last version of a subject. It is asked for each time. Its error is a
// NotFoundError, a RefusedError, an UnusableError, an UnavailableError, or the context's.
func (c *Client) Latest(ctx context.Context, subject string) (*Schema, error) {
	s, err := c.latest(ctx, subject)
	if err != nil {
		return nil, fmt.Errorf("find the latest schema of subject %q: %w", subject, err)
	}
	return s, nil
}

func (c *Client) latest(ctx context.Context, subject string) (s *Schema, err error) {
	in, err := path(subject)
	if err != nil {
		return nil, err
	}
	err = c.inTurn(ctx, func(ctx context.Context) error {
		if err := c.keepPace(); err != nil {
			return err
		}
		got, err := c.get(ctx, in+"/versions/latest")
		if err != nil {
			return err
		}
		if err := checkID(got.ID); err != nil {
			return err
		}
		if s, err = c.complete(ctx, got); err != nil {
			return err
		}
		s.Versions = []SubjectVersion{{subject, got.Version}}
		return nil
	})
	return s, err
}

// Register registers a schema under a subject, and returns its ID: that which it has if it
// is there already. What it refers to must be registered. Its error is a RefusedError where
// it is not compatible with the schemas before it, an UnusableError, an UnavailableError, or
// the context's.
func (c *Client) Register(ctx context.Context, subject string, draft Draft) (id int, err error) {
	placed, err := c.place(ctx, subject, "/versions", draft)
	if err != nil {
		return 0, fmt.Errorf("register the schema under subject %q: %w", subject, err)
	}
	return placed.ID, nil
}

// Lookup returns the ID of a schema that is registered under a subject, and its version
// there. Its error is a NotFoundError where it is not, a RefusedError, an UnusableError, an
// UnavailableError, or the context's.
func (c *Client) Lookup(ctx context.Context, subject string, draft Draft) (id, version int, err error) {
	placed, err := c.place(ctx, subject, "", draft)
	if err != nil {
		return 0, 0, fmt.Errorf("find the schema under subject %q: %w", subject, err)
	}
	return placed.ID, placed.Version, nil
}

// given is a schema as the registry takes it.
type given struct {
	Type       string                `json:"schemaType,omitempty"` // older registries know AVRO alone, and no field for it
	Text       string                `json:"schema"`
	References []RegisteredReference `json:"references,omitempty"` // nor for these
}

// place posts a schema to what is under a subject.
func (c *Client) place(ctx context.Context, subject, under string, draft Draft) (stored, error) {
	in, err := path(subject)
	if err != nil {
		return stored{}, err
	}
	s := given(draft)
	if s.Type == sr.TypeAvro.String() {
		s.Type = ""
	}
	var placed stored
	err = c.inTurn(ctx, func(ctx context.Context) error {
		if err := c.keepPace(); err != nil {
			return err
		}
		return c.ask(ctx, func(r *sr.Client) error {
			placed = stored{}
			return r.Do(ctx, http.MethodPost, in+under, s, &placed)
		})
	})
	if err == nil {
		err = checkID(placed.ID)
	}
	return placed, err
}
