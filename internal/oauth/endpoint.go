package oauth

import (
	"context"
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Endpoint is who gives tokens, and to whom.
type Endpoint struct {
	URL          string // https
	ClientID     string
	ClientSecret string
	Scopes       []string
	Roots        func() *x509.CertPool // whom to trust; nil, or nil from it: the system's authorities
	Timeout      time.Duration         // of one request
	// Warn is told of a token that could not be renewed yet.
	Warn func(msg string, err error)
}

// cached keeps one token for all connections.
type cached struct {
	Endpoint
	credentials clientcredentials.Config // remembers how the endpoint wants the secret

	turn    chan struct{} // full while somebody looks at what follows
	token   string
	renew   time.Time // when to ask for the next token, or to ask again
	expires time.Time
}

// Tokens returns a source of tokens. One token serves until three quarters of its
// time are over; then the next is asked for, while the old one serves on if that
// fails. A token that does not say how long it lives is used once.
func (e Endpoint) Tokens() Source {
	c := &cached{
		Endpoint: e,
		credentials: clientcredentials.Config{
			ClientID: e.ClientID, ClientSecret: e.ClientSecret, TokenURL: e.URL, Scopes: e.Scopes,
		},
		turn: make(chan struct{}, 1),
	}
	return c.get
}

// askAgain is how long an endpoint that failed is left alone while there is a
// token that serves.
const askAgain = 5 * time.Second

func (c *cached) get(ctx context.Context) (string, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return "", passing{fmt.Errorf("wait for a token: %w", ctx.Err())}
	}
	now := time.Now()
	if now.Before(c.renew) {
		return c.token, nil
	}
	next, err := c.fetch(ctx, c.expires.Sub(now))
	if err != nil && time.Now().Before(c.expires) {
		c.renew = time.Now().Add(min(askAgain, time.Until(c.expires)))
		c.Warn("get a new token; the last one serves on", err)
		return c.token, nil
	}
	if err != nil {
		return "", err
	}
	c.token, c.expires = next.AccessToken, next.Expiry
	c.renew = now.Add(c.expires.Sub(now) * 3 / 4)
	if c.expires.IsZero() {
		c.renew = time.Time{}
	}
	return c.token, nil
}

// fetch asks for a token. If there is one that still serves, for as long as left
// says, the caller's time is not used up on it.
func (c *cached) fetch(ctx context.Context, left time.Duration) (*oauth2.Token, error) {
	timeout := c.Timeout
	if deadline, ok := ctx.Deadline(); ok && left > 0 {
		timeout = min(timeout, time.Until(deadline)/2)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	token, err := c.credentials.Token(context.WithValue(ctx, oauth2.HTTPClient, c.client()))
	if err != nil {
		return nil, c.explain(err)
	}
	if !strings.EqualFold(token.Type(), "bearer") {
		return nil, fmt.Errorf("the token endpoint %s gives a token of the type %q, not Bearer", c.host(), token.Type())
	}
	if err := check(token.AccessToken); err != nil {
		return nil, fmt.Errorf("of the token endpoint %s %w", c.host(), err)
	}
	return token, nil
}
