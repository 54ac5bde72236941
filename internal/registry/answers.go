package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// Bounds of what a registry says. Registries keep a schema in one record of Kafka, which
// has 1 MiB unless that is changed.
const (
	// maxSchema bounds a schema with all that it refers to, in bytes.
	maxSchema = 8 << 20
	// maxVersions bounds the list of the places of a schema, in bytes: one with more is
	// used without.
	maxVersions = 1 << 20
	// maxName bounds the names of subjects, types and references, in bytes. Those of
	// topics have at most 249.
	maxName = 1000
)

// stored is a schema as the registry has it. Which of the fields there are depends on the
// question.
type stored struct {
	ID         int                   `json:"id"`
	Version    int                   `json:"version"`
	Type       string                `json:"schemaType"` // empty: AVRO
	Text       string                `json:"schema"`
	References []RegisteredReference `json:"references"`
}

func (s *stored) size() int {
	size := overhead + len(s.Type) + len(s.Text)
	for _, r := range s.References {
		size += overhead + len(r.Name) + len(r.Subject)
	}
	return size
}

// get asks for a schema.
func (c *Client) get(ctx context.Context, path string) (stored, error) {
	var got stored
	err := c.ask(ctx, func(r *sr.Client) error {
		got = stored{}
		if err := r.Do(ctx, http.MethodGet, path, nil, &got); err != nil {
			return err
		}
		if got.Text == "" {
			return fmt.Errorf("unable to find a schema in the answer to %q", path)
		}
		return nil
	})
	if err == nil && len(got.Type) > maxName {
		err = &UnusableError{Reason: fmt.Sprintf("its type has %d characters", len(got.Type))}
	}
	if got.Type = strings.ToUpper(printable.Text(got.Type)); got.Type == "" {
		got.Type = sr.TypeAvro.String()
	}
	return got, err
}

// path returns where the schemas of a subject are. A subject that is part of a path in
// another way than as a name is refused.
func path(subject string) (string, error) {
	if subject == "" || subject == "." || subject == ".." || len(subject) > maxName {
		return "", &UnusableError{Reason: fmt.Sprintf("%q can't be the name of a subject", printable.Text(subject))}
	}
	return "/subjects/" + url.PathEscape(subject), nil
}

// versionsOf returns the subjects of a schema with its versions in them; none where the
// registry does not say, as old ones don't, or where they are too many to be kept.
func (c *Client) versionsOf(ctx context.Context, id int) ([]SubjectVersion, error) {
	places, err := optional[[]SubjectVersion](ctx, c, fmt.Sprintf("/schemas/ids/%d/versions", id))
	if err != nil || sizeOf(places) > maxVersions {
		return nil, err
	}
	for _, v := range places {
		if len(v.Subject) > maxName {
			return nil, nil // it would be in the metadata of each record
		}
	}
	return places, nil
}

// idAt returns the ID of a schema in the registry's default context; 0 where the registry
// does not say.
func (c *Client) idAt(ctx context.Context, path string) (int, error) {
	type inContext struct {
		Context string `json:"context"`
		ID      int    `json:"id"`
	}
	ids, err := optional[[]inContext](ctx, c, path)
	for _, one := range ids {
		if one.Context == "." && checkID(one.ID) == nil {
			return one.ID, nil
		}
	}
	return 0, err
}

// optional asks for what a schema is of use without: nothing where the registry does not
// say.
func optional[T any](ctx context.Context, c *Client, path string) (T, error) {
	var got, none T
	err := c.ask(ctx, func(r *sr.Client) error {
		got = none
		err := r.Do(ctx, http.MethodGet, path, nil, &got)
		if notSaid(err) {
			got, err = none, nil
		}
		return err
	})
	if isAnswer(err) {
		return none, nil
	}
	return got, err
}

// notSaid reports whether a server answers without what it was asked for.
func notSaid(err error) bool {
	var refused *sr.ResponseError
	var shape *json.UnmarshalTypeError
	return errors.As(err, &refused) && !passing(refused.StatusCode) || errors.As(err, &shape)
}

// checkID returns an error for what can't be the ID of a schema: it would be written with
// each record.
func checkID(id int) error {
	if id <= 0 || id > math.MaxInt32 {
		return &UnusableError{Reason: fmt.Sprintf("its ID is %d", id)}
	}
	return nil
}
