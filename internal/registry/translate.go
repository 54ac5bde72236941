package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// Translation finds in one registry what another one has.
type Translation struct {
	From, To *Client
	// Register has what To lacks registered there.
	Register bool
}

// original is a schema of the other registry, with those that it refers to.
type original struct {
	stored
	others []*original // of References, in their order
	place  int         // the version in the registry of the translation; 0: not known yet
}

// ID returns the ID that a schema of From has in To, under a subject: a schema with the same
// text, which refers to the same ones under the subjects that they have in From. Its error is as
// those of Schema, of Lookup and of Register.
func (t Translation) ID(ctx context.Context, id int, subject string) (int, error) {
	s, err := t.From.original(ctx, id)
	if err != nil {
		return 0, fmt.Errorf("in the registry of the source: find schema %d: %w", id, err)
	}
	draft, err := t.draft(ctx, s)
	if err == nil {
		if t.Register {
			id, err = t.To.Register(ctx, subject, draft)
		} else {
			id, _, err = t.To.Lookup(ctx, subject, draft)
			err = unregistered(err)
		}
	}
	return id, err
}

// draft is a schema as To takes it, with what it refers to in its place.
func (t Translation) draft(ctx context.Context, s *original) (Draft, error) {
	d := Draft{Type: s.Type, Text: s.Text}
	for i, other := range s.others {
		r := s.References[i]
		if other.place == 0 {
			var err error
			if other.place, err = t.placed(ctx, r.Subject, other); err != nil {
				return d, fmt.Errorf("it refers to %q: %w", printable.Text(r.Name), err)
			}
		}
		r.Version = other.place
		d.References = append(d.References, r)
	}
	return d, nil
}

// placed returns the version that a schema has under a subject of To.
func (t Translation) placed(ctx context.Context, subject string, s *original) (int, error) {
	draft, err := t.draft(ctx, s)
	if err != nil {
		return 0, err
	}
	_, version, err := t.To.Lookup(ctx, subject, draft)
	var missing *NotFoundError
	if errors.As(err, &missing) && t.Register {
		if _, err := t.To.Register(ctx, subject, draft); err != nil {
			return 0, err
		}
		_, version, err = t.To.Lookup(ctx, subject, draft)
	}
	return version, unregistered(err)
}

// unregistered adds to the error of a schema that is not there what registers it.
func unregistered(err error) error {
	var missing *NotFoundError
	if errors.As(err, &missing) {
		return fmt.Errorf("%w; schema.autoRegister registers it", err)
	}
	return err
}

// original returns a schema with those that it refers to, each once.
func (c *Client) original(ctx context.Context, id int) (s *original, err error) {
	err = c.inTurn(ctx, func(ctx context.Context) error {
		if err := c.keepPace(); err != nil {
			return err
		}
		got, err := c.get(ctx, fmt.Sprintf("/schemas/ids/%d", id))
		if err != nil {
			return err
		}
		o := originals{client: c, size: got.size(), known: make(map[RegisteredReference]*original)}
		s = &original{stored: got}
		return o.complete(ctx, s)
	})
	return s, err
}

// originals are what a schema refers to, within the bounds that all schemas have.
type originals struct {
	client *Client
	size   int
	known  map[RegisteredReference]*original // by subject and version; nil while it is completed
}

func (o *originals) complete(ctx context.Context, s *original) error {
	for _, r := range s.References {
		at := RegisteredReference{Subject: r.Subject, Version: r.Version}
		other, ok := o.known[at]
		if ok && other == nil {
			return &UnusableError{Reason: fmt.Sprintf("version %d of subject %q refers to itself", r.Version, printable.Text(r.Subject))}
		}
		if !ok {
			if o.known[at] = nil; len(o.known) > maxReferences {
				return &UnusableError{Reason: fmt.Sprintf("it refers to more than %d others", maxReferences)}
			}
			got, err := o.client.version(ctx, r)
			if err != nil {
				return fmt.Errorf("find version %d of subject %q, to which it refers as %q: %w", r.Version, printable.Text(r.Subject), printable.Text(r.Name), err)
			}
			if o.size += got.size(); o.size > maxSchema {
				return &UnusableError{Reason: fmt.Sprintf("with what it refers to it is larger than %d bytes", maxSchema)}
			}
			other = &original{stored: got}
			if err := o.complete(ctx, other); err != nil {
				return err
			}
			o.known[at] = other
		}
		s.others = append(s.others, other)
	}
	return nil
}
