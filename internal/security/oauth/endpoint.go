package oauth

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Endpoint is who gives tokens, and to whom.
type Endpoint struct {
	URL        string // https
	ClientID   string
	Secret     func() string // of the client, asked for at each request
	Scopes     []string
	Parameters map[string]string     // what else to send
	Roots      func() *x509.CertPool // whom to trust; nil, or nil from it: the system's authorities
	CA         string                // the setting that Roots come from, for errors
	Timeout    time.Duration         // of one request for a token
	// Warn is called with the reason when a token could not be renewed yet.
	Warn func(msg string, err error)
}

// cached keeps one token for all connections.
type cached struct {
	Endpoint
	refused atomic.Pointer[string] // the last token that a broker refused

	turn    chan struct{} // full while somebody looks at what follows
	inForm  bool          // how the endpoint wants the secret, once that is known
	known   bool
	token   string
	renew   time.Time // when to ask for the next token, or to ask again
	expires time.Time
}

// Tokens returns a source of tokens. One token serves until three quarters of its
// time are over; then the next is asked for, while the old one is used if that
// fails. A token that does not say how long it lives is used once, and one that a
// broker has refused is not used again.
func (e Endpoint) Tokens() Source {
	return &cached{Endpoint: e, turn: make(chan struct{}, 1)}
}

// askAgain is how long an endpoint that failed is left alone while there is a
// token that serves.
const askAgain = 5 * time.Second

func (c *cached) Token(ctx context.Context) (string, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return "", passing{fmt.Errorf("wait for a token: %w", ctx.Err())}
	}
	if refused := c.refused.Load(); refused != nil && *refused == c.token {
		c.renew, c.expires = time.Time{}, time.Time{}
	}
	now := time.Now()
	if now.Before(c.renew) {
		return c.token, nil
	}
	next, err := c.fetch(ctx, c.expires.Sub(now))
	if err != nil && time.Now().Before(c.expires) {
		c.renew = time.Now().Add(min(askAgain, time.Until(c.expires)))
		c.Warn("get a new token; the previous one is used", err)
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

// Refused throws the token away, so that the next one is asked for.
func (c *cached) Refused(token string) bool {
	c.refused.Store(&token)
	return true
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
	token, err := c.request(ctx)
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(token.Type(), "bearer") {
		return nil, c.failed(fmt.Errorf("the token endpoint %s gives a token of the type %q, not Bearer", c.host(), token.Type()))
	}
	if err := check(token.AccessToken); err != nil {
		return nil, c.failed(fmt.Errorf("of the token endpoint %s %w", c.host(), err))
	}
	return token, nil
}

// request sends the secret in a header, and in the form only to an endpoint that has
// refused the header (RFC 6749, section 2.3.1): 400 or 401. Any other answer says
// nothing about the way, and the secret goes out once.
func (c *cached) request(ctx context.Context) (*oauth2.Token, error) {
	secret := c.Secret()
	if c.known && c.inForm {
		token, err := c.ask(ctx, secret, oauth2.AuthStyleInParams)
		return token, c.explain(err, secret)
	}
	token, err := c.ask(ctx, secret, oauth2.AuthStyleInHeader)
	if err == nil {
		c.known = true
	}
	if err == nil || c.known || !rejected(err) {
		return token, c.explain(err, secret)
	}
	token, second := c.ask(ctx, secret, oauth2.AuthStyleInParams)
	switch {
	case second == nil:
		c.known, c.inForm = true, true
		return token, nil
	case rejected(second): // both ways: the first answer is about the secret, more likely
		return nil, c.explain(err, secret)
	}
	return nil, c.explain(second, secret)
}

func (c *cached) ask(ctx context.Context, secret string, style oauth2.AuthStyle) (*oauth2.Token, error) {
	parameters := make(url.Values, len(c.Parameters))
	for name, value := range c.Parameters {
		parameters.Set(name, value)
	}
	request := clientcredentials.Config{
		ClientID: c.ClientID, ClientSecret: secret, TokenURL: c.URL, Scopes: c.Scopes,
		EndpointParams: parameters, AuthStyle: style,
	}
	return request.Token(context.WithValue(ctx, oauth2.HTTPClient, c.client()))
}
