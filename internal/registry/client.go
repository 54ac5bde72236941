package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/sr"
	"golang.org/x/time/rate"
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
	longest  time.Duration // that a question takes, with all its requests

	turn    chan struct{}         // full while somebody asks, so that the same question is asked once
	schemas kept[string, *Schema] // by the path at which the registry has them
	wrong   kept[string, wrong]
	pace    *rate.Limiter // of questions
	paced   time.Time     // when that was last said

	mu       sync.Mutex // of what requests of one question share
	last     int        // the replica that answered last
	outage   outage
	login    []string
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
	client := &Client{
		warn: c.Warn, turn: make(chan struct{}, 1), pace: rate.NewLimiter(questionsPerSecond, questionsAtOnce),
		longest: c.Timeout * time.Duration(len(c.URLs)+requestsInARow),
	}
	transport := newTransport(c.TLS)
	for _, url := range c.URLs {
		options := []sr.ClientOpt{
			sr.URLs(url), sr.UserAgent(c.UserAgent),
			sr.HTTPClient(&http.Client{Transport: transport, Timeout: c.Timeout, CheckRedirect: stay}),
		}
		if c.Authorize != nil {
			options = append(options, sr.PreReq(func(r *http.Request) error {
				err := c.Authorize(r)
				client.loggedIn(r.Header)
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

// Schema returns the schema of an ID. Its error is a NotFoundError, a RefusedError, an
// UnusableError, an UnavailableError, or the context's.
func (c *Client) Schema(ctx context.Context, id int) (*Schema, error) {
	s, err := c.schema(ctx, fmt.Sprintf("/schemas/ids/%d", id), func(context.Context) (int, error) { return id, nil })
	if err != nil {
		return nil, fmt.Errorf("find schema %d: %w", id, err)
	}
	return s, nil
}

// SchemaByGUID returns the schema of a GUID, which is the same in all registries that have
// the schema. Its ID is 0 where the registry does not say which one it has. The error is as
// that of Schema. Only newer registries know GUIDs (Confluent's from 8.0 on).
func (c *Client) SchemaByGUID(ctx context.Context, guid uuid.UUID) (*Schema, error) {
	at := "/schemas/guids/" + guid.String()
	s, err := c.schema(ctx, at, func(ctx context.Context) (int, error) { return c.idAt(ctx, at+"/ids") })
	if err != nil {
		return nil, fmt.Errorf("find schema %s: %w", guid, err)
	}
	return s, nil
}

// schema returns the schema at a path, with the ID that identify finds.
func (c *Client) schema(ctx context.Context, at string, identify func(context.Context) (int, error)) (s *Schema, err error) {
	err = c.inTurn(ctx, func(ctx context.Context) error {
		var known bool
		if s, known = c.schemas.get(at); known {
			return nil
		}
		if w, ok := c.wrong.get(at); ok && time.Now().Before(w.until) {
			return w.err
		}
		if err := c.keepPace(); err != nil {
			return err
		}
		s, err = c.fetch(ctx, at, identify)
		switch {
		case err == nil:
			c.schemas.put(at, s, s.size())
		case isAnswer(err):
			c.wrong.put(at, wrong{err, time.Now().Add(wrongFor)}, len(err.Error()))
		}
		return err
	})
	return s, err
}

func (c *Client) fetch(ctx context.Context, at string, identify func(context.Context) (int, error)) (*Schema, error) {
	got, err := c.get(ctx, at)
	if err != nil {
		return nil, err
	}
	s, err := c.complete(ctx, got)
	if err != nil {
		return nil, err
	}
	if s.ID, err = identify(ctx); err != nil {
		return nil, err
	}
	if s.ID > 0 {
		s.Versions, err = c.versionsOf(ctx, s.ID)
	}
	return s, err
}

// Ping reports why no URL answers, or refuses the login; nil if one does.
func (c *Client) Ping(ctx context.Context) error {
	return c.inTurn(ctx, func(ctx context.Context) error {
		// What a client that reads may ask for anywhere. It may well not exist, or be one
		// that is not for this login.
		_, err := c.get(ctx, "/schemas/ids/1")
		if isAnswer(err) {
			return nil
		}
		return err
	})
}
