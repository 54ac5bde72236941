package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/twmb/franz-go/pkg/sr"
)

// NotFoundError says that the registry does not have a schema.
type NotFoundError struct {
	Message string // the registry's own
}

func (e *NotFoundError) Error() string { return "the schema registry does not have it: " + e.Message }

// RefusedError says that the registry does not give a schema to this login, or does not take
// one, mostly since it is not compatible with those before it under its subject.
type RefusedError struct {
	Message string // the registry's own
}

func (e *RefusedError) Error() string { return "the schema registry refuses it: " + e.Message }

// UnusableError says that what the registry has can't be used: it is too large, or makes no
// sense.
type UnusableError struct {
	Reason string
}

func (e *UnusableError) Error() string {
	return "the schema registry's answer can't be used: " + e.Reason
}

// isAnswer reports whether an error is about what was asked for.
func isAnswer(err error) bool {
	var missing *NotFoundError
	var refused *RefusedError
	var unusable *UnusableError
	return errors.As(err, &missing) || errors.As(err, &refused) || errors.As(err, &unusable)
}

// UnavailableError says that there is no answer for now: no URL gives one, all that it
// takes is not there in time, or too much was asked for. It says nothing about the question.
type UnavailableError struct {
	Reason  string
	RetryAt time.Time // when asking makes sense again
}

func (e *UnavailableError) Error() string { return e.Reason }

// Wait waits until asking makes sense again. Its error is the context's.
func (e *UnavailableError) Wait(ctx context.Context) error {
	timer := time.NewTimer(time.Until(e.RetryAt))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

const loginSettings = "schemaRegistry.username, schemaRegistry.password and schemaRegistry.token"

// explain says what a URL did in place of an answer. Of a page that is no registry's it
// says nothing: nobody knows what that repeats.
func (c *Client) explain(at string, err error) error {
	var transport *url.Error
	var refused *sr.ResponseError
	switch {
	case errors.As(err, &transport): // its text has the URL, and what is around it has it again
		return fmt.Errorf("reach %s: %s", at, c.clean(transport.Err.Error()))
	case !errors.As(err, &refused):
		return errors.New(c.clean(err.Error())) // which names the URL
	}
	text := fmt.Sprintf("%s answers %d", at, refused.StatusCode)
	switch refused.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		text += " (" + loginSettings + " are the login)"
	case http.StatusNotFound:
		text += " (is this the URL of a registry? That of Apicurio ends with /apis/ccompat/v7)"
	}
	if refused.ErrorCode != 0 && refused.Message != "" {
		text += ": " + c.clean(refused.Message)
	}
	return errors.New(text)
}
