package registry

import (
	"context"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

const (
	// maxReferences bounds what one schema may refer to, itself and by others.
	maxReferences = 1000
	// parallel bounds the requests for them at a time.
	parallel = 4
)

// references are the schemas that one refers to, itself and by others.
type references struct {
	client *Client
	found  map[RegisteredReference]stored
	size   atomic.Int64 // in bytes, with the one that refers to them
}

// references fetches what a schema refers to, and what that refers to, each once.
func (c *Client) references(ctx context.Context, of stored) (map[RegisteredReference]stored, error) {
	all := &references{client: c, found: make(map[RegisteredReference]stored)}
	all.size.Add(int64(of.size()))
	for next := of.References; len(next) > 0; {
		var err error
		if next, err = all.fetch(ctx, next); err != nil {
			return nil, err
		}
	}
	return all.found, nil
}

// complete returns a schema with what it refers to.
func (c *Client) complete(ctx context.Context, got stored) (*Schema, error) {
	found, err := c.references(ctx, got)
	if err != nil {
		return nil, err
	}
	s := &Schema{ID: got.ID, Type: got.Type, Text: got.Text}
	placed := make(map[RegisteredReference]bool)
	var place func([]RegisteredReference)
	place = func(of []RegisteredReference) {
		for _, r := range of {
			if !placed[r] {
				placed[r] = true
				place(found[r].References)
				s.References = append(s.References, Reference{r.Name, found[r].Text})
			}
		}
	}
	place(got.References)
	return s, nil
}

// fetch finds schemas, and returns what they refer to.
func (a *references) fetch(ctx context.Context, refs []RegisteredReference) ([]RegisteredReference, error) {
	var missing []RegisteredReference
	for _, r := range refs {
		if _, ok := a.found[r]; ok {
			continue
		}
		a.found[r] = stored{}
		if missing = append(missing, r); len(a.found) > maxReferences {
			return nil, &UnusableError{Reason: fmt.Sprintf("it refers to more than %d others", maxReferences)}
		}
	}
	got := make([]stored, len(missing))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, r := range missing {
		group.Go(func() (err error) {
			got[i], err = a.one(ctx, r)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var further []RegisteredReference
	for i, r := range missing {
		a.found[r] = got[i]
		further = append(further, got[i].References...)
	}
	return further, nil
}

func (a *references) one(ctx context.Context, r RegisteredReference) (stored, error) {
	if ctx.Err() != nil { // another one can't be found
		return stored{}, ctx.Err()
	}
	s, err := a.client.version(ctx, r)
	if err != nil {
		return s, fmt.Errorf("find version %d of subject %q, to which it refers as %q: %w",
			r.Version, printable.Text(r.Subject), printable.Text(r.Name), err)
	}
	if a.size.Add(int64(s.size())) > maxSchema {
		return s, &UnusableError{Reason: fmt.Sprintf("with what it refers to it is larger than %d bytes", maxSchema)}
	}
	return s, nil
}

// version returns what a schema refers to.
func (c *Client) version(ctx context.Context, r RegisteredReference) (stored, error) {
	at := SubjectVersion{r.Subject, r.Version}
	c.mu.Lock()
	s, ok := c.versions.get(at)
	c.mu.Unlock()
	if ok {
		return s, nil
	}
	in, err := path(r.Subject)
	if err != nil {
		return stored{}, err
	}
	if len(r.Name) > maxName {
		return stored{}, &UnusableError{Reason: fmt.Sprintf("a name has %d characters", len(r.Name))}
	}
	s, err = c.get(ctx, fmt.Sprintf("%s/versions/%d", in, r.Version))
	if err == nil && r.Version > 0 { // below is whichever is the latest
		c.mu.Lock()
		defer c.mu.Unlock()
		c.versions.put(at, s, s.size()+len(r.Subject))
	}
	return s, err
}
