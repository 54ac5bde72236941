package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
)

// Config is where a registry is, and how to reach it.
type Config struct {
	URLs      []string                  // tried in turn, from the one that answered last
	UserAgent string                    // of the requests
	Timeout   time.Duration             // of a request, with what it takes to connect
	TLS       func() *tls.Config        // called for each connection to an https URL; nil: the system's authorities
	Authorize func(*http.Request) error // adds the login to a request; nil: none
	// Warn is called with each attempt that found no registry to answer.
	Warn func(msg string, err error)
}

// Client asks a registry. Its methods may be called from any goroutine.
type Client struct {
	warn     func(string, error)
	replicas []replica

	mu       sync.Mutex // held while asking, so that the same question is asked once
	last     int        // the replica that answered last
	outage   outage
	schemas  kept[int, *Schema]
	missing  kept[int, absent]
	versions kept[SubjectVersion, sr.SubjectSchema] // of references
}

// replica is one of the URLs.
type replica struct {
	url    string
	client *sr.Client
}

// absent is that a schema does not exist.
type absent struct {
	err   error
	until time.Time
}

// absentFor is how long it is believed that a schema does not exist.
const absentFor = 10 * time.Second

// New returns a client. It asks for nothing yet.
func New(c Config) (*Client, error) {
	client := &Client{warn: c.Warn}
	transport := newTransport(c.TLS)
	for _, url := range c.URLs {
		options := []sr.ClientOpt{
			sr.URLs(url), sr.UserAgent(c.UserAgent),
			sr.HTTPClient(&http.Client{Transport: transport, Timeout: c.Timeout, CheckRedirect: stay}),
		}
		if c.Authorize != nil {
			options = append(options, sr.PreReq(c.Authorize))
		}
		one, err := sr.NewClient(options...)
		if err != nil {
			return nil, fmt.Errorf("open schema registry %s: %w", url, err)
		}
		client.replicas = append(client.replicas, replica{url, one})
	}
	if len(client.replicas) == 0 {
		return nil, errors.New("open schema registry: it has no URL")
	}
	return client, nil
}

// Schema returns the schema of an ID. Its error is a NotFoundError, an UnavailableError,
// or the context's.
func (c *Client) Schema(ctx context.Context, id int) (*Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.schemas.get(id); ok {
		return s, nil
	}
	if a, ok := c.missing.get(id); ok && time.Now().Before(a.until) {
		return nil, a.err
	}
	s, err := c.fetch(ctx, id)
	var missing *NotFoundError
	switch {
	case errors.As(err, &missing):
		c.missing.put(id, absent{err, time.Now().Add(absentFor)}, 1)
	case err == nil:
		c.schemas.put(id, s, s.size())
	}
	return s, err
}

func (c *Client) fetch(ctx context.Context, id int) (*Schema, error) {
	var got sr.Schema
	err := c.ask(ctx, func(r *sr.Client) (err error) {
		got, err = r.SchemaByID(ctx, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find schema %d: %w", id, err)
	}
	s := &Schema{ID: id, Type: got.Type.String(), Text: got.Schema}
	if s.References, err = c.references(ctx, got.References); err != nil {
		return nil, fmt.Errorf("find schema %d: %w", id, err)
	}
	if s.Versions, err = c.versionsOf(ctx, id); err != nil {
		return nil, fmt.Errorf("find schema %d: %w", id, err)
	}
	return s, nil
}

// versionsOf returns the subjects of a schema with its versions in them; none where the
// registry does not say, as old ones don't.
func (c *Client) versionsOf(ctx context.Context, id int) ([]SubjectVersion, error) {
	var versions []SubjectVersion
	err := c.ask(ctx, func(r *sr.Client) error {
		got, err := r.SchemaVersionsByID(ctx, id)
		var refused *sr.ResponseError
		if errors.As(err, &refused) && refused.StatusCode < http.StatusInternalServerError {
			return nil
		}
		for _, v := range got {
			versions = append(versions, SubjectVersion{v.Subject, v.Version})
		}
		return err
	})
	return versions, err
}

// Ping reports why no URL answers, or refuses the login; nil if one does.
func (c *Client) Ping(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.ask(ctx, func(r *sr.Client) error {
		_, err := r.SchemaByID(ctx, 1) // what a client that reads may ask for anywhere
		return err
	})
	var missing *NotFoundError
	if errors.As(err, &missing) {
		return nil
	}
	return err
}
