package security

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/segmentio/kafka-go/sasl"

	"github.com/conduitio/conduit-connector-kafka/internal/security/oauth"
	"github.com/conduitio/conduit-connector-kafka/internal/security/reload"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// OAuthConfig is where the tokens for OAUTHBEARER come from: an endpoint that
// gives them to a client, or a file.
type OAuthConfig struct {
	// Token endpoint for OAUTHBEARER, an https URL that is asked for tokens with
	// client credentials. Its certificate is always verified, also where those of the
	// brokers are not.
	TokenURL string `json:"oauth.tokenURL"`
	// Client ID for oauth.tokenURL.
	ClientID string `json:"oauth.clientID"`
	// Client secret for oauth.tokenURL.
	ClientSecret string `json:"oauth.clientSecret"`
	// File with the client secret, instead of oauth.clientSecret. Read again like
	// saslPasswordFile.
	ClientSecretFile string `json:"oauth.clientSecretFile"`
	// Scopes to request from oauth.tokenURL, separated by commas.
	Scopes []string `json:"oauth.scopes"`
	// Audience to request from oauth.tokenURL: the service that the token is meant
	// for. Some endpoints (Auth0, Okta) require it.
	Audience string `json:"oauth.audience"`
	// Additional parameters of the requests to oauth.tokenURL, as name=value,
	// separated by commas or one per line.
	Parameters string `json:"oauth.parameters"`
	// Certificates of the authorities that sign the certificate of oauth.tokenURL, in
	// PEM. They are trusted in addition to those of the system. Defaults to caCert or
	// caCertFile.
	CACert string `json:"oauth.caCert"`
	// File with these certificates, instead of oauth.caCert. Read again like
	// clientCertFile.
	CACertFile string `json:"oauth.caCertFile"`
	// File with the token for OAUTHBEARER, instead of oauth.tokenURL. It is read
	// again for each authentication.
	TokenFile string `json:"oauth.tokenFile"`
	// SASL extensions (KIP-342) to send to the brokers with the token, as name=value,
	// separated by commas or one per line, such as logicalCluster and identityPoolId
	// for Confluent Cloud.
	Extensions string `json:"oauth.extensions"`
}

// String keeps the secret, and what may be secret in the URL and the parameters, out
// of logs.
func (c OAuthConfig) String() string {
	return fmt.Sprintf("{oauth.tokenURL:%q oauth.clientID:%q oauth.clientSecret:%s oauth.clientSecretFile:%s oauth.scopes:%q oauth.audience:%q"+
		" oauth.parameters:%s oauth.caCert:%s oauth.caCertFile:%s oauth.tokenFile:%s oauth.extensions:%s}",
		withoutQuery(c.TokenURL), c.ClientID, redacted(c.ClientSecret), redacted(c.ClientSecretFile), c.Scopes, c.Audience,
		redacted(c.Parameters), redacted(c.CACert), redacted(c.CACertFile), redacted(c.TokenFile), redacted(c.Extensions))
}

// GoString keeps the secret out of %#v.
func (c OAuthConfig) GoString() string { return "kafka.OAuthConfig" + c.String() }

// given lists the settings that are set.
func (c OAuthConfig) given() []string {
	return append(c.givenForEndpoint(), givenSettings(
		option{"oauth.tokenFile", c.TokenFile != ""},
		option{"oauth.extensions", c.Extensions != ""},
	)...)
}

func (c OAuthConfig) givenForEndpoint() []string {
	return givenSettings(
		option{"oauth.tokenURL", c.TokenURL != ""},
		option{"oauth.clientID", c.ClientID != ""},
		option{"oauth.clientSecret", c.ClientSecret != ""},
		option{"oauth.clientSecretFile", c.ClientSecretFile != ""},
		option{"oauth.scopes", len(c.scopes()) > 0},
		option{"oauth.audience", c.Audience != ""},
		option{"oauth.caCert", c.CACert != ""},
		option{"oauth.caCertFile", c.CACertFile != ""},
		option{"oauth.parameters", c.Parameters != ""},
	)
}

func (c OAuthConfig) scopes() []string { return setting.List(c.Scopes) }

func (c OAuthConfig) secret() fileSetting {
	return fileSetting{"oauth.clientSecret", c.ClientSecret, c.ClientSecretFile}
}

func (c OAuthConfig) ca() fileSetting {
	return fileSetting{"oauth.caCert", c.CACert, c.CACertFile}
}

// bearerMechanism authenticates with tokens.
var bearerMechanism = mechanism{
	uses:     bearerTokens,
	validate: func(c SASLConfig) error { return c.OAuthConfig.validate() },
	build: func(_ context.Context, c SASLConfig, e Env) (sasl.Mechanism, error) {
		tokens, err := c.OAuthConfig.tokens(e)
		if err != nil {
			return nil, err
		}
		extensions, err := pairs("oauth.extensions", c.Extensions)
		return oauth.Mechanism(tokens, extensions), err
	},
}

func (c OAuthConfig) tokens(e Env) (oauth.Source, error) {
	if c.TokenURL == "" {
		source, err := oauth.File(c.TokenFile, func(err error) { e.Warn("read oauth.tokenFile again; the token read before is used", err) })
		if err != nil {
			return nil, setting.Invalid("oauth.tokenFile", err.Error(), "")
		}
		return source, nil
	}
	secret, err := reload.New(c.secret().line, func(err error) {
		e.Warn("read oauth.clientSecretFile again; the secret read before is used", err)
	})
	if err != nil {
		return nil, err
	}
	own, err := authorities(c.ca(), func(err error) { e.Warn("read oauth.caCertFile again; certificates read before are used", err) })
	if err != nil {
		return nil, err
	}
	parameters, err := c.parameters()
	if err != nil {
		return nil, err
	}
	endpoint := oauth.Endpoint{
		URL: c.TokenURL, ClientID: c.ClientID, Secret: secret.Get, Scopes: slices.Clone(c.scopes()), Parameters: parameters,
		Roots: e.roots, CA: "oauth.caCert or oauth.caCertFile", Timeout: e.Timeout, Warn: e.Warn,
	}
	if own != nil {
		endpoint.Roots = own.Get
	}
	return endpoint.Tokens(), nil
}

// parameters are those of a request for a token, beside the client's and the scopes.
func (c OAuthConfig) parameters() (map[string]string, error) {
	out, err := pairs("oauth.parameters", c.Parameters)
	if c.Audience != "" {
		out["audience"] = c.Audience
	}
	return out, err
}

// pairs reads name=value pairs, which are separated by line ends, or else by commas.
func pairs(name, text string) (map[string]string, error) {
	separator := ","
	if strings.Contains(text, "\n") {
		separator = "\n"
	}
	out := make(map[string]string)
	var errs []error
	for i, pair := range setting.List(strings.Split(text, separator)) {
		key, value, ok := strings.Cut(pair, "=")
		if key = strings.TrimSpace(key); !ok || key == "" {
			errs = append(errs, setting.Invalid(name, fmt.Sprintf("pair %d is not name=value; where a value has a comma, write each pair on a line of its own", i+1), ""))
			continue
		}
		if _, twice := out[key]; twice {
			errs = append(errs, setting.Invalid(name, fmt.Sprintf("%q is given twice", key), ""))
		}
		out[key] = strings.TrimSpace(value)
	}
	return out, errors.Join(errs...)
}
