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
		found, err := c.references(ctx, got)
		if err != nil {
			return err
		}
		s = &original{stored: got}
		return originals{found, make(map[SubjectVersion]*original)}.link(s)
	})
	return s, err
}

// originals are what a schema refers to.
type originals struct {
	found  map[RegisteredReference]stored
	linked map[SubjectVersion]*original // nil while it is being linked
}

// link has a schema know those that it refers to.
func (o originals) link(s *original) error {
	for _, r := range s.References {
		at := SubjectVersion{r.Subject, r.Version}
		other, ok := o.linked[at]
		if ok && other == nil {
			return &UnusableError{Reason: fmt.Sprintf("version %d of subject %q refers to itself", r.Version, printable.Text(r.Subject))}
		}
		if !ok {
			o.linked[at] = nil
			other = &original{stored: o.found[r]}
			if err := o.link(other); err != nil {
				return err
			}
			o.linked[at] = other
		}
		s.others = append(s.others, other)
	}
	return nil
}
