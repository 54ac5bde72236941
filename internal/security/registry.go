package security

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/security/reload"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// RegistryConfig is where the schema registry is, and how to log in to it.
type RegistryConfig struct {
	// URLs of the schema registry, separated by commas: one that speaks Confluent's API.
	// The others are asked where one does not answer.
	URLs []string `json:"schemaRegistry.urls"`
	// User for the schema registry (HTTP basic authentication).
	Username string `json:"schemaRegistry.username"`
	// Password for the schema registry.
	Password string `json:"schemaRegistry.password"`
	// File with the password, instead of schemaRegistry.password. Read again like
	// saslPasswordFile.
	PasswordFile string `json:"schemaRegistry.passwordFile"`
	// Bearer token for the schema registry, instead of a user and a password.
	Token string `json:"schemaRegistry.token"`
	// File with the bearer token, instead of schemaRegistry.token. It is read again for
	// each request.
	TokenFile string `json:"schemaRegistry.tokenFile"`
	// Certificates of the authorities that sign the registry's certificate, in PEM. They
	// are trusted in addition to those of the system. Defaults to caCert or caCertFile.
	CACert string `json:"schemaRegistry.caCert"`
	// File with these certificates, instead of schemaRegistry.caCert. Read again like
	// clientCertFile.
	CACertFile string `json:"schemaRegistry.caCertFile"`
}

// String keeps the login, and what may be one in a URL, out of logs.
func (c RegistryConfig) String() string {
	urls := make([]string, 0, len(c.URLs))
	for _, u := range setting.List(c.URLs) {
		urls = append(urls, withoutQuery(u))
	}
	return fmt.Sprintf("{schemaRegistry.urls:%q schemaRegistry.username:%q schemaRegistry.password:%s schemaRegistry.passwordFile:%s"+
		" schemaRegistry.token:%s schemaRegistry.tokenFile:%s schemaRegistry.caCert:%s schemaRegistry.caCertFile:%s}",
		urls, c.Username, redacted(c.Password), redacted(c.PasswordFile), redacted(c.Token), redacted(c.TokenFile), redacted(c.CACert), redacted(c.CACertFile))
}

// GoString keeps the login out of %#v.
func (c RegistryConfig) GoString() string { return "kafka.RegistryConfig" + c.String() }

// Given reports whether there is a registry.
func (c RegistryConfig) Given() bool { return len(setting.List(c.URLs)) > 0 }

// Registry is how to reach a registry.
type Registry struct {
	URLs      []string
	TLS       func() *tls.Config        // called for each connection
	Authorize func(*http.Request) error // adds the login; nil: none
}

// Validate reports everything that is wrong at once. It reads the files that are named,
// and connects to nothing.
func (c RegistryConfig) Validate() error {
	var errs []error
	for _, u := range setting.List(c.URLs) {
		errs = append(errs, validateRegistryURL(u))
	}
	if !c.Given() {
		for _, name := range c.given() {
			errs = append(errs, setting.Invalid(name, "it is for a schema registry, and schemaRegistry.urls is not given", ""))
		}
	}
	_, err := authorities(c.ca(), func(error) {})
	return errors.Join(append(errs, c.validateLogin(), err)...)
}

// given lists the settings beside the URLs.
func (c RegistryConfig) given() []string {
	return givenSettings(
		option{"schemaRegistry.username", c.Username != ""},
		option{"schemaRegistry.password", c.Password != ""},
		option{"schemaRegistry.passwordFile", c.PasswordFile != ""},
		option{"schemaRegistry.token", c.Token != ""},
		option{"schemaRegistry.tokenFile", c.TokenFile != ""},
		option{"schemaRegistry.caCert", c.CACert != ""},
		option{"schemaRegistry.caCertFile", c.CACertFile != ""},
	)
}

func validateRegistryURL(text string) error {
	const name, example = "schemaRegistry.urls", "https://registry:8081"
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return setting.Invalid(name, "one of them is not an http or https URL", example) // it may have a password in it
	case u.User != nil:
		return setting.Invalid(name, "a user in a URL is not used: set schemaRegistry.username and schemaRegistry.password", "")
	case u.RawQuery != "" || u.Fragment != "":
		return setting.Invalid(name, "one of them has a query or a fragment, which is not used", example)
	}
	return nil
}

func (c RegistryConfig) password() fileSetting {
	return fileSetting{"schemaRegistry.password", c.Password, c.PasswordFile}
}

func (c RegistryConfig) token() fileSetting {
	return fileSetting{"schemaRegistry.token", c.Token, c.TokenFile}
}

func (c RegistryConfig) ca() fileSetting {
	return fileSetting{"schemaRegistry.caCert", c.CACert, c.CACertFile}
}

// openLogin is the login that goes over connections without TLS; empty if none does.
func (c RegistryConfig) openLogin() string {
	inTheOpen := slices.ContainsFunc(setting.List(c.URLs), func(u string) bool { return strings.HasPrefix(strings.ToLower(u), "http:") })
	switch {
	case inTheOpen && c.token().given():
		return "the token"
	case inTheOpen && c.password().given():
		return "the password"
	}
	return ""
}

func (c RegistryConfig) validateLogin() error {
	password, token := c.password(), c.token()
	errs := []error{password.validate(), token.validate()}
	switch {
	case token.given() && (c.Username != "" || password.given()):
		errs = append(errs, setting.Invalid(token.setting(), "a user or a password is given as well: give one of the two logins", ""))
	case c.Username != "" && !password.given():
		errs = append(errs, setting.Missing("schemaRegistry.password", "it is required with schemaRegistry.username", "", nil))
	case c.Username == "" && password.given():
		errs = append(errs, setting.Missing("schemaRegistry.username", "it is required with "+password.setting(), "", nil))
	}
	for _, s := range []fileSetting{password, token} {
		if s.given() && s.validate() == nil {
			_, err := s.line()
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Reach makes of the settings how to reach the registry. The certificate of the client
// and, by default, the authorities are those of the brokers' settings. A registry's
// certificate is always verified, also where those of the brokers are not.
func (c RegistryConfig) Reach(t TLSConfig, warn func(string, error)) (Registry, error) {
	stale := func(err error) { warn("read certificates again; new connections use those read before", err) }
	client, err := t.clientCertificate(stale)
	if err != nil {
		return Registry{}, err
	}
	ca := c.ca()
	if !ca.given() {
		ca = fileSetting{"caCert", t.CACert, t.CACertFile}
	}
	roots, err := authorities(ca, stale)
	if err != nil {
		return Registry{}, err
	}
	return Registry{URLs: setting.List(c.URLs), TLS: registryTLS(client, roots), Authorize: c.authorize()}, nil
}

func (c RegistryConfig) authorize() func(*http.Request) error {
	password, token := c.password(), c.token()
	if !token.given() && !password.given() {
		return nil
	}
	return func(r *http.Request) error {
		if !token.given() {
			line, err := password.line()
			r.SetBasicAuth(c.Username, line)
			return err
		}
		line, err := token.line()
		r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(line))
		return err
	}
}

func registryTLS(client *reload.Value[tls.Certificate], roots *reload.Value[*x509.CertPool]) func() *tls.Config {
	return func() *tls.Config {
		c := &tls.Config{MinVersion: tls.VersionTLS12}
		if client != nil {
			c.Certificates = []tls.Certificate{client.Get()}
		}
		if roots != nil {
			c.RootCAs = roots.Get()
		}
		return c
	}
}
