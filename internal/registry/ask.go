package registry

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// outage is since when no URL answers.
type outage struct {
	err  *UnavailableError // nil: there is none
	wait time.Duration     // until the next attempt
}

const (
	firstWait = time.Second
	mostWait  = 10 * time.Second
)

// ask puts a question to the URLs, from the one that answered last, until one answers.
// During an outage it asks no more often than the waits allow.
func (c *Client) ask(ctx context.Context, question func(*sr.Client) error) error {
	if c.outage.err != nil && time.Now().Before(c.outage.err.RetryAt) {
		return c.outage.err
	}
	var failures []error
	for i := range c.replicas {
		at := (c.last + i) % len(c.replicas)
		err := question(c.replicas[at].client)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil || answered(err) {
			c.last, c.outage = at, outage{}
			return answer(err)
		}
		failures = append(failures, explain(c.replicas[at].url, err))
	}
	c.outage.wait = max(firstWait, min(2*c.outage.wait, mostWait))
	c.outage.err = &UnavailableError{Errs: failures, RetryAt: time.Now().Add(c.outage.wait)}
	c.warn("ask the schema registry, trying again", c.outage.err)
	return c.outage.err
}

// answered reports whether an error is the registry's answer to the question: it does not
// have what was asked for, or does not take what was given. All other errors, a refused
// login among them, end by themselves or by a change of the registry: none is a reason to
// lose a record.
func answered(err error) bool {
	var refused *sr.ResponseError
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.StatusCode {
	case http.StatusNotFound: // and not that of a server which is no registry
		return refused.ErrorCode >= 40400 && refused.ErrorCode < 40500
	case http.StatusConflict, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// answer is an answered error as the callers know it.
func answer(err error) error {
	var refused *sr.ResponseError
	if !errors.As(err, &refused) {
		return err
	}
	message := printable.Text(refused.Error())
	if refused.StatusCode == http.StatusNotFound {
		return &NotFoundError{Message: message}
	}
	return &RefusedError{Message: message}
}
