package oauth

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
)

// passing is an error that may be gone at the next attempt.
type passing struct{ error }

func (p passing) Retriable() bool { return true }
func (p passing) Unwrap() error   { return p.error }

// explain says what went wrong without what the endpoint or the library repeats of
// the request.
func (c *cached) explain(err error) error {
	var answer *oauth2.RetrieveError
	var transport *url.Error
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.As(err, &answer):
		err := fmt.Errorf("the token endpoint %s answers: %s", c.host(), c.reason(answer))
		if code := answer.Response.StatusCode; code == http.StatusTooManyRequests || code >= http.StatusInternalServerError {
			return passing{err}
		}
		return err
	case errors.As(err, &untrusted):
		return fmt.Errorf("the token endpoint %s is not trusted: %w (set caCert or caCertFile to the certificate of its authority)", c.host(), untrusted)
	case errors.As(err, &transport): // its text has the whole URL
		return passing{fmt.Errorf("reach the token endpoint %s: %w", c.host(), transport.Err)}
	}
	return fmt.Errorf("the token endpoint %s gives an answer without a token: %s", c.host(), c.withoutSecret(err.Error()))
}

// reason is what the endpoint says: the status, and the error in the terms of
// RFC 6749, section 5.2. Its page is left out: nobody knows what it repeats.
func (c *cached) reason(r *oauth2.RetrieveError) string {
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
	const enough = 300
	if text = c.withoutSecret(text); len(text) > enough {
		text = strings.ToValidUTF8(text[:enough], "") + "…"
	}
	return text
}

func (c *cached) withoutSecret(text string) string {
	for _, secret := range []string{c.ClientSecret, url.QueryEscape(c.ClientSecret), c.token} {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "(secret)")
		}
	}
	return text
}

// host is the part of the URL that is no secret for sure.
func (c *cached) host() string {
	u, err := url.Parse(c.URL)
	if err != nil {
		return "(not a URL)"
	}
	return u.Host
}
