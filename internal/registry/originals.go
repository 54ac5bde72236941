package registry

import (
	"context"
	"fmt"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// original is a schema of the other registry, with those that it refers to.
type original struct {
	stored
	others  []*original // of References, in their order
	missing bool        // whether the registry of the translation lacks it
	place   int         // the version there; 0: not known yet
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
