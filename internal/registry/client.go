package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
)

// Config is where a registry is, and how to reach it.
type Config struct {
	URLs      []string                  // tried in turn, from the one that answered last
	UserAgent string                    // of the requests
	Timeout   time.Duration             // of a request, with what it takes to connect and to read the answer
	TLS       func() *tls.Config        // called for each connection to an https URL; nil: the system's authorities
	Authorize func(*http.Request) error // adds the login to a request; nil: none
	// Warn is called with each attempt that found no registry to answer.
	Warn func(msg string, err error)
}

// Client asks a registry. Its methods may be called from any goroutine, and end with their
// contexts.
type Client struct {
	warn     func(string, error)
	replicas []replica

	turn     chan struct{} // full while somebody asks, so that the same question is asked once
	last     int           // the replica that answered last
	outage   outage
	login    []string
	schemas  kept[int, *Schema]
	wrong    kept[int, wrong]
	versions kept[SubjectVersion, stored] // of references
}

// replica is one of the URLs.
type replica struct {
	url    string
	client *sr.Client
}

// wrong is why there is no schema of an ID.
type wrong struct {
	err   error
	until time.Time
}

// wrongFor is how long it is believed that there is no schema of an ID.
const wrongFor = 10 * time.Second

// New returns a client. It asks for nothing yet.
func New(c Config) (*Client, error) {
	client := &Client{warn: c.Warn, turn: make(chan struct{}, 1)}
	transport := newTransport(c.TLS)
	for _, url := range c.URLs {
		options := []sr.ClientOpt{
			sr.URLs(url), sr.UserAgent(c.UserAgent),
			sr.HTTPClient(&http.Client{Transport: transport, Timeout: c.Timeout, CheckRedirect: stay}),
		}
		if c.Authorize != nil {
			options = append(options, sr.PreReq(func(r *http.Request) error {
				err := c.Authorize(r)
				client.login = loginOf(r.Header)
				return err
			}))
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

// begin waits for the turn to ask. Its error is the context's.
func (c *Client) begin(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Client) end() { <-c.turn }

// Schema returns the schema of an ID. Its error is a NotFoundError, a RefusedError, an
// UnusableError, an UnavailableError, or the context's.
func (c *Client) Schema(ctx context.Context, id int) (*Schema, error) {
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	defer c.end()
	if s, ok := c.schemas.get(id); ok {
		return s, nil
	}
	if w, ok := c.wrong.get(id); ok && time.Now().Before(w.until) {
		return nil, w.err
	}
	s, err := c.fetch(ctx, id)
	if err == nil {
		c.schemas.put(id, s, s.size())
		return s, nil
	}
	err = fmt.Errorf("find schema %d: %w", id, err)
	if isAnswer(err) {
		c.wrong.put(id, wrong{err, time.Now().Add(wrongFor)}, len(err.Error()))
	}
	return nil, err
}

func (c *Client) fetch(ctx context.Context, id int) (*Schema, error) {
	got, err := c.get(ctx, fmt.Sprintf("/schemas/ids/%d", id))
	if err != nil {
		return nil, err
	}
	s, err := c.complete(ctx, got)
	if err != nil {
		return nil, err
	}
	s.ID = id
	s.Versions, err = c.versionsOf(ctx, id)
	return s, err
}

// Ping reports why no URL answers, or refuses the login; nil if one does.
func (c *Client) Ping(ctx context.Context) error {
	if err := c.begin(ctx); err != nil {
		return err
	}
	defer c.end()
	// What a client that reads may ask for anywhere. It may well not exist, or be one that
	// is not for this login.
	_, err := c.get(ctx, "/schemas/ids/1")
	if isAnswer(err) {
		return nil
	}
	return err
}
