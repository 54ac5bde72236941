package oauth

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// passing is an error that may be gone at the next attempt.
type passing struct{ error }

func (p passing) Retriable() bool { return true }
func (p passing) Unwrap() error   { return p.error }

// EndpointError is an error of the token endpoint, not of a broker.
type EndpointError struct {
	Host string
	Err  error // has no secret
}

func (e *EndpointError) Error() string { return e.Err.Error() }
func (e *EndpointError) Unwrap() error { return e.Err }

// Retriable reports whether the next attempt may succeed.
func (e *EndpointError) Retriable() bool {
	var p passing
	return errors.As(e.Err, &p)
}

func (c *cached) failed(err error) error { return &EndpointError{c.host(), err} }

// rejected reports whether an endpoint answered that it doesn't take the secret, which
// may be about the way in which it was sent.
func rejected(err error) bool {
	var answer *oauth2.RetrieveError
	return errors.As(err, &answer) && (answer.Response.StatusCode == http.StatusBadRequest || answer.Response.StatusCode == http.StatusUnauthorized)
}

// explain says what went wrong without what the endpoint or the library repeats of
// the request.
func (c *cached) explain(err error, secret string) error {
	var answer *oauth2.RetrieveError
	var transport *url.Error
	var untrusted *tls.CertificateVerificationError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer):
		err := fmt.Errorf("the token endpoint %s answers: %s", c.host(), c.reason(answer, secret))
		if code := answer.Response.StatusCode; code == http.StatusTooManyRequests || code >= http.StatusInternalServerError {
			return c.failed(passing{err})
		}
		return c.failed(err)
	case errors.As(err, &untrusted):
		return c.failed(fmt.Errorf("the token endpoint %s is not trusted: %w (set %s to the certificate of its authority)", c.host(), printable.Error(untrusted), c.CA))
	case errors.As(err, &transport): // its text has the whole URL
		return c.failed(passing{fmt.Errorf("reach the token endpoint %s: %w", c.host(), transport.Err)})
	}
	return c.failed(fmt.Errorf("the token endpoint %s gives an answer without a token: %s", c.host(), printable.Text(c.withoutSecret(err.Error(), secret))))
}

// reason is what the endpoint says: the status, and the error in the terms of
// RFC 6749, section 5.2. Its page is left out: nobody knows what it repeats.
func (c *cached) reason(r *oauth2.RetrieveError, secret string) string {
	text := r.Response.Status
	if location := r.Response.Header.Get("Location"); location != "" {
		text += " (a redirect, which is not followed)"
	}
	if r.ErrorCode != "" {
		text += ": " + r.ErrorCode
	}
	if r.ErrorDescription != "" {
		text += " (" + r.ErrorDescription + ")"
	}
	return printable.Text(c.withoutSecret(text, secret))
}

// minSecret is the length from which on a parameter's value may be one. Shorter ones would
// tear up every sentence.
const minSecret = 8

// withoutSecret is a text without what the endpoint was told.
func (c *cached) withoutSecret(text, secret string) string {
	id := url.QueryEscape(c.ClientID)
	basic := base64.StdEncoding.EncodeToString([]byte(id + ":" + url.QueryEscape(secret))) // RFC 6749, section 2.3.1
	all := []string{basic, secret, c.token}
	for _, value := range c.Parameters { // which may be a password or an assertion
		if len(value) >= minSecret {
			all = append(all, value)
		}
	}
	return printable.Without(text, all...)
}

// host is the part of the URL that is no secret for sure.
func (c *cached) host() string {
	u, err := url.Parse(c.URL)
	if err != nil {
		return "(not a URL)"
	}
	return u.Host
}
