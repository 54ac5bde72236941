package security

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/security/bundle"
	"github.com/conduitio/conduit-connector-kafka/internal/security/oauth"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// validate reports everything that is wrong. It reads the files, and asks nobody for a
// token.
func (c OAuthConfig) validate() error {
	switch {
	case c.TokenURL == "" && c.TokenFile == "":
		return setting.Missing("oauth.tokenURL", "OAUTHBEARER needs it, or oauth.tokenFile", "https://login.example.com/oauth2/token", nil)
	case c.TokenURL == "":
		return errors.Join(c.validateFile(), c.validateExtensions())
	}
	errs := []error{c.validateURL(), c.validateSecret(), c.validateCA(), c.validateParameters(), c.validateExtensions()}
	if c.TokenFile != "" {
		errs = append(errs, setting.Invalid("oauth.tokenFile", "oauth.tokenURL is given as well: give one of the two", ""))
	}
	if c.ClientID == "" {
		errs = append(errs, setting.Missing("oauth.clientID", "it is required for oauth.tokenURL", "", nil))
	}
	for _, s := range c.scopes() {
		if strings.ContainsAny(s, " \t\"\\") {
			errs = append(errs, setting.Invalid("oauth.scopes", fmt.Sprintf("%q is not a scope: separate them by commas", s), "kafka.read,kafka.write"))
		}
	}
	return errors.Join(errs...)
}

func (c OAuthConfig) validateFile() error {
	var errs []error
	for _, name := range c.givenForEndpoint() {
		errs = append(errs, setting.Invalid(name, "it is for oauth.tokenURL, and oauth.tokenFile is given", ""))
	}
	if isSecret(c.TokenFile) {
		errs = append(errs, setting.Invalid("oauth.tokenFile", "it must be the path of a file, not the token itself", ""))
	} else if _, err := oauth.File(c.TokenFile, nil); err != nil {
		errs = append(errs, setting.Invalid("oauth.tokenFile", err.Error(), ""))
	}
	return errors.Join(errs...)
}

func (c OAuthConfig) validateURL() error {
	u, err := url.Parse(c.TokenURL)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "":
		return setting.Invalid("oauth.tokenURL", "it is not an https URL", "https://login.example.com/oauth2/token")
	case u.User != nil:
		return setting.Invalid("oauth.tokenURL", "a user in it is not used: set oauth.clientID and oauth.clientSecret", "")
	}
	return nil
}

func (c OAuthConfig) validateSecret() error {
	s := c.secret()
	if !s.given() {
		return setting.Missing(s.name, "it is required for oauth.tokenURL", "", nil)
	}
	if err := s.validate(); err != nil {
		return err
	}
	_, err := s.line()
	return err
}

func (c OAuthConfig) validateCA() error {
	ca := c.ca()
	if err := ca.validate(); err != nil || !ca.given() {
		return err
	}
	_, err := readPEM(ca, bundle.Certificates)
	return err
}

// ownSettings are parameters that have settings of their own.
var ownSettings = map[string]string{
	"grant_type": "it is always client_credentials", "client_id": "set oauth.clientID", "client_secret": "set oauth.clientSecret",
	"scope": "set oauth.scopes", "audience": "set oauth.audience",
}

func (c OAuthConfig) validateParameters() error {
	given, err := pairs("oauth.parameters", c.Parameters)
	errs := []error{err}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if instead, ok := ownSettings[name]; ok {
			errs = append(errs, setting.Invalid("oauth.parameters", name+" is not a further parameter: "+instead, ""))
		}
	}
	return errors.Join(errs...)
}

func (c OAuthConfig) validateExtensions() error {
	given, err := pairs("oauth.extensions", c.Extensions)
	errs := []error{err}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if err := oauth.ValidateExtension(name, given[name]); err != nil {
			errs = append(errs, setting.Invalid("oauth.extensions", fmt.Sprintf("%q: %v", name, err), "logicalCluster=lkc-1a2b3"))
		}
	}
	return errors.Join(errs...)
}

// withoutQuery is what of a URL may be logged.
func withoutQuery(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "(not a URL)"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
