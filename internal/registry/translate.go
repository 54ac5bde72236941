package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// Translation finds in one registry what another one has. Its methods may be called from any
// goroutine, and end with their contexts. What it found of a schema stays while a registry is
// unavailable or not to be asked: the next attempt goes on from there, whoever makes it.
type Translation struct {
	from, to *Client
	register bool

	turn  chan struct{} // full while somebody asks
	ids   kept[translated, int]
	begun map[int]*original // by ID: those about which not all is known yet
}

// translated is a schema of the other registry, and the subject that it is to have.
type translated struct {
	id      int
	subject string
}

// maxBegun bounds the schemas about which not all is known yet: each may have maxSchema bytes.
// There are no more of them than goroutines that ask, and those of contexts that ended.
const maxBegun = 16

// NewTranslation returns what finds the schemas of a registry in another one. If register is
// set, it registers there what is missing.
func NewTranslation(from, to *Client, register bool) *Translation {
	return &Translation{from: from, to: to, register: register, turn: make(chan struct{}, 1), begun: make(map[int]*original)}
}

// ID returns the ID that a schema of the one registry has in the other, under a subject: a
// schema with the same text, which refers to the same ones under the subjects that they have.
// Its error is as those of Schema, of Lookup and of Register.
func (t *Translation) ID(ctx context.Context, id int, subject string) (int, error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	of := translated{id, subject}
	if known, ok := t.ids.get(of); ok {
		return known, nil
	}
	s, err := t.original(ctx, id)
	if err != nil {
		return 0, fmt.Errorf("in the registry of the source: find schema %d: %w", id, err)
	}
	found, err := t.translate(ctx, s, subject)
	if err == nil {
		t.ids.put(of, found, overhead+len(subject))
	}
	if err == nil || isAnswer(err) { // which may be that a place is no longer right
		delete(t.begun, id)
	}
	return found, err
}

// original returns a schema of the one registry, with what is known of it in the other.
func (t *Translation) original(ctx context.Context, id int) (*original, error) {
	if s, ok := t.begun[id]; ok {
		return s, nil
	}
	s, err := t.from.original(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(t.begun) >= maxBegun {
		clear(t.begun)
	}
	t.begun[id] = s
	return s, nil
}

func (t *Translation) translate(ctx context.Context, s *original, subject string) (int, error) {
	draft, err := t.draft(ctx, s)
	if err != nil {
		return 0, err
	}
	if t.register {
		return t.to.Register(ctx, subject, draft)
	}
	id, _, err := t.to.Lookup(ctx, subject, draft)
	return id, unregistered(err)
}

// draft is a schema as the other registry takes it, with what it refers to in its place.
func (t *Translation) draft(ctx context.Context, s *original) (Draft, error) {
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

// placed returns the version that a schema has under a subject of the other registry. Each
// answer counts, also where the next question has to wait.
func (t *Translation) placed(ctx context.Context, subject string, s *original) (int, error) {
	draft, err := t.draft(ctx, s)
	if err != nil {
		return 0, err
	}
	if !s.missing {
		_, version, err := t.to.Lookup(ctx, subject, draft)
		var missing *NotFoundError
		if s.missing = errors.As(err, &missing) && t.register; !s.missing {
			return version, unregistered(err)
		}
	}
	if _, err := t.to.Register(ctx, subject, draft); err != nil {
		return 0, err
	}
	s.missing = false
	_, version, err := t.to.Lookup(ctx, subject, draft)
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
