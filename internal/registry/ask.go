package registry

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
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

// trying is the message of warnings about what was not answered.
const trying = "ask the schema registry, trying again"

func (o *outage) lasts() bool { return o.err != nil && time.Now().Before(o.err.RetryAt) }

// ask makes a request of the URLs, from the one that answered last, until one answers. That
// the registry does not have what was asked for may be news to a replica that lags: it is
// believed where no other URL has it. During an outage ask asks no more often than the waits
// allow.
func (c *Client) ask(ctx context.Context, request func(*sr.Client) error) error {
	first, err := c.first()
	if err != nil {
		return err
	}
	var failures []string
	var missing *NotFoundError // the first such answer
	missingAt := 0
	for i := range c.replicas {
		at := (first + i) % len(c.replicas)
		err := request(c.replicas[at].client)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			return c.answered(at, nil)
		}
		var unknown *NotFoundError
		switch answer := c.answer(err); {
		case errors.As(answer, &unknown):
			if missing == nil {
				missing, missingAt = unknown, at
			}
		case answer != nil:
			return c.answered(at, answer)
		default:
			failures = append(failures, c.explain(c.replicas[at].url, err).Error())
		}
	}
	if missing != nil {
		return c.answered(missingAt, missing)
	}
	return c.unanswered(failures)
}

// first returns the replica to ask first, or the outage that lasts.
func (c *Client) first() (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.outage.lasts() {
		return 0, c.outage.err
	}
	return c.last, nil
}

func (c *Client) answered(at int, answer error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last, c.outage = at, outage{}
	return answer
}

// unanswered returns the outage: the one that another request found meanwhile, or a new one.
func (c *Client) unanswered(failures []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.outage.lasts() {
		return c.outage.err
	}
	c.outage.wait = max(firstWait, min(2*c.outage.wait, mostWait))
	c.outage.err = &UnavailableError{
		Reason:  "the schema registry is unavailable: " + strings.Join(failures, "; "),
		RetryAt: time.Now().Add(c.outage.wait),
	}
	c.warn(trying, c.outage.err)
	return c.outage.err
}

// answer is what a registry says of the question, as the callers know it: it does not have
// what was asked for, does not give it to this login, or does not take what was given. It
// is nil for all other errors, which say nothing about the question. A refused login is
// among them, and ends by itself or by a change of the registry: none is a reason to lose
// a record.
func (c *Client) answer(err error) error {
	var large *tooLargeError
	if errors.As(err, &large) && large.status < http.StatusMultipleChoices {
		return &UnusableError{Reason: large.Error()}
	}
	var refused *sr.ResponseError
	if !errors.As(err, &refused) || !ofRegistry(refused) {
		return nil
	}
	message := c.clean(refused.Message)
	switch {
	case passing(refused.StatusCode):
		return nil
	case refused.StatusCode == http.StatusNotFound:
		return &NotFoundError{Message: message}
	case refused.StatusCode == http.StatusForbidden:
		return &RefusedError{Message: message + " (" + loginSettings + " are the login)"}
	}
	return &RefusedError{Message: message}
}

// passing reports whether a status says nothing about the question.
func passing(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusProxyAuthRequired, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status < http.StatusBadRequest || status >= http.StatusInternalServerError
}

// ofRegistry reports whether a registry says why it refuses, rather than a server that is
// none, or a proxy: it has a code that begins with the status, such as 40403 or 409, and a
// text. Only 404 is a code that other servers give as well.
func ofRegistry(e *sr.ResponseError) bool {
	if !json.Valid(e.Raw) || e.Message == "" {
		return false
	}
	switch e.StatusCode {
	case http.StatusNotFound:
		return e.ErrorCode/100 == e.StatusCode
	case http.StatusForbidden: // Karapace gives no code
		return true
	}
	return e.ErrorCode == e.StatusCode || e.ErrorCode/100 == e.StatusCode
}
