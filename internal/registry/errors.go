package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// NotFoundError says that the registry does not have a schema.
type NotFoundError struct {
	Message string // the registry's own
}

func (e *NotFoundError) Error() string { return "the schema registry does not have it: " + e.Message }

// RefusedError says that the registry does not take a schema, mostly since it is not
// compatible with those before it under its subject.
type RefusedError struct {
	Message string // the registry's own
}

func (e *RefusedError) Error() string { return "the schema registry refuses it: " + e.Message }

// UnavailableError says that no URL answers.
type UnavailableError struct {
	Errs    []error   // of each URL
	RetryAt time.Time // when asking makes sense again
}

func (e *UnavailableError) Error() string {
	texts := make([]string, len(e.Errs))
	for i, err := range e.Errs {
		texts[i] = err.Error()
	}
	return "the schema registry is unavailable: " + strings.Join(texts, "; ")
}

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

// explain says what a URL did in place of an answer.
func explain(url string, err error) error {
	var refused *sr.ResponseError
	if !errors.As(err, &refused) {
		return err // which names the URL
	}
	remedy := ""
	switch refused.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		remedy = " (schemaRegistry.username, schemaRegistry.password and schemaRegistry.token are the login)"
	case http.StatusNotFound:
		remedy = " (is this the URL of a registry? That of Apicurio ends with /apis/ccompat/v7)"
	}
	return fmt.Errorf("%s answers %d%s: %s", url, refused.StatusCode, remedy, printable.Text(refused.Error()))
}
