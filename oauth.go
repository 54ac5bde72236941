package kafka

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/segmentio/kafka-go/sasl"

	"github.com/conduitio/conduit-connector-kafka/internal/oauth"
)

// OAuthConfig is where the tokens for OAUTHBEARER come from: an endpoint that
// gives them to a client, or a file.
type OAuthConfig struct {
	// Token endpoint for OAUTHBEARER, an https URL, asked for tokens by client
	// credentials. Its certificate is checked like those of the brokers.
	TokenURL string `json:"oauth.tokenURL"`
	// Client ID for oauth.tokenURL.
	ClientID string `json:"oauth.clientID"`
	// Client secret for oauth.tokenURL.
	ClientSecret string `json:"oauth.clientSecret"`
	// Scopes to ask oauth.tokenURL for, separated by commas.
	Scopes []string `json:"oauth.scopes"`
	// File with the token for OAUTHBEARER, instead of oauth.tokenURL. It is read
	// again for each authentication.
	TokenFile string `json:"oauth.tokenFile"`
}

// String keeps the secret, and what may be secret in the URL, out of logs.
func (c OAuthConfig) String() string {
	return fmt.Sprintf("{oauth.tokenURL:%q oauth.clientID:%q oauth.clientSecret:%s oauth.scopes:%q oauth.tokenFile:%s}",
		withoutQuery(c.TokenURL), c.ClientID, present(c.ClientSecret), c.Scopes, present(c.TokenFile))
}

// GoString keeps the secret out of %#v.
func (c OAuthConfig) GoString() string { return "kafka.OAuthConfig" + c.String() }

func withoutQuery(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "(not a URL)"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// given lists the settings that are set.
func (c OAuthConfig) given() []string {
	return givenSettings(
		setting{"oauth.tokenURL", c.TokenURL != ""},
		setting{"oauth.clientID", c.ClientID != ""},
		setting{"oauth.clientSecret", c.ClientSecret != ""},
		setting{"oauth.scopes", len(c.scopes()) > 0},
		setting{"oauth.tokenFile", c.TokenFile != ""},
	)
}

func (c OAuthConfig) scopes() []string { return trimmed(c.Scopes) }

// check reports everything that is wrong. It reads the token's file, and asks
// nobody for a token.
func (c OAuthConfig) check() error {
	switch {
	case c.TokenURL == "" && c.TokenFile == "":
		return settingError("oauth.tokenURL", "OAUTHBEARER needs it, or oauth.tokenFile", "https://login.example.com/oauth2/token")
	case c.TokenURL == "":
		return c.checkFile()
	}
	errs := []error{c.checkURL()}
	if c.TokenFile != "" {
		errs = append(errs, settingError("oauth.tokenFile", "oauth.tokenURL is given as well: give one of the two", ""))
	}
	if c.ClientID == "" {
		errs = append(errs, settingError("oauth.clientID", "it is required for oauth.tokenURL", ""))
	}
	if c.ClientSecret == "" {
		errs = append(errs, settingError("oauth.clientSecret", "it is required for oauth.tokenURL", ""))
	}
	for _, s := range c.scopes() {
		if strings.ContainsAny(s, " \t\"\\") {
			errs = append(errs, settingError("oauth.scopes", fmt.Sprintf("%q is not a scope: separate them by commas", s), "kafka.read,kafka.write"))
		}
	}
	return errors.Join(errs...)
}

func (c OAuthConfig) checkFile() error {
	var errs []error
	for _, name := range c.given() {
		if name != "oauth.tokenFile" {
			errs = append(errs, settingError(name, "it is for oauth.tokenURL, and oauth.tokenFile is given", ""))
		}
	}
	if isSecret(c.TokenFile) {
		errs = append(errs, settingError("oauth.tokenFile", "it must be the path of a file, not the token itself", ""))
	} else if _, err := oauth.File(c.TokenFile, nil); err != nil {
		errs = append(errs, settingError("oauth.tokenFile", err.Error(), ""))
	}
	return errors.Join(errs...)
}

func (c OAuthConfig) checkURL() error {
	u, err := url.Parse(c.TokenURL)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "":
		return settingError("oauth.tokenURL", "it is not an https URL", "https://login.example.com/oauth2/token")
	case u.User != nil:
		return settingError("oauth.tokenURL", "a user in it is not used: set oauth.clientID and oauth.clientSecret", "")
	}
	return nil
}

// bearerMechanism authenticates with tokens.
var bearerMechanism = mechanism{
	uses:  bearerTokens,
	check: func(c SASLConfig) error { return c.OAuthConfig.check() },
	build: func(_ context.Context, c SASLConfig, e saslEnv) (sasl.Mechanism, error) {
		return c.OAuthConfig.build(e)
	},
}

func (c OAuthConfig) build(e saslEnv) (sasl.Mechanism, error) {
	if c.TokenURL != "" {
		return oauth.Mechanism(oauth.Endpoint{
			URL: c.TokenURL, ClientID: c.ClientID, ClientSecret: c.ClientSecret, Scopes: slices.Clone(c.scopes()),
			Roots: e.roots, Timeout: e.timeout, Warn: e.warn,
		}.Tokens()), nil
	}
	source, err := oauth.File(c.TokenFile, func(err error) { e.warn("read oauth.tokenFile again; the token read before serves on", err) })
	if err != nil {
		return nil, settingError("oauth.tokenFile", err.Error(), "")
	}
	return oauth.Mechanism(source), nil
}
