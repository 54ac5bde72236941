package security

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/segmentio/kafka-go/sasl"

	"github.com/conduitio/conduit-connector-kafka/internal/security/scram"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// SASLConfig is how the connector authenticates.
type SASLConfig struct {
	// SASL mechanism: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or AWS_MSK_IAM.
	// Defaults to PLAIN if saslUsername is given, otherwise to no authentication.
	Mechanism string `json:"saslMechanism"`
	// Username for PLAIN and SCRAM. Requires saslPassword.
	Username string `json:"saslUsername"`
	// File with the username, instead of saslUsername. Read again like
	// saslPasswordFile.
	UsernameFile string `json:"saslUsernameFile"`
	// Password for PLAIN and SCRAM. Requires saslUsername.
	Password string `json:"saslPassword"`
	// File with the password, instead of saslPassword, with nothing else in it but a
	// line end. It is read again for each connection, so that passwords can be changed
	// without a restart.
	PasswordFile string `json:"saslPasswordFile"`
	AWSConfig
	OAuthConfig
}

// String keeps the password out of logs.
func (c SASLConfig) String() string {
	name := c.mechanism()
	if _, ok := mechanisms[name]; name != "" && !ok {
		name = "(unknown)"
	}
	return fmt.Sprintf("{saslMechanism:%q saslUsername:%q saslUsernameFile:%s saslPassword:%s saslPasswordFile:%s %v %v}",
		name, c.Username, redacted(c.UsernameFile), redacted(c.Password), redacted(c.PasswordFile), c.AWSConfig, c.OAuthConfig)
}

// GoString keeps the password out of %#v.
func (c SASLConfig) GoString() string { return "kafka.SASLConfig" + c.String() }

// given lists the settings that are set.
func (c SASLConfig) given() []string {
	return append(givenSettings(option{"saslMechanism", c.Mechanism != ""}), c.givenCredentials(anyCredentials)...)
}

func (c SASLConfig) givenPassword() []string {
	return givenSettings(
		option{"saslUsername", c.Username != ""}, option{"saslUsernameFile", c.UsernameFile != ""},
		option{"saslPassword", c.Password != ""}, option{"saslPasswordFile", c.PasswordFile != ""},
	)
}

// credentials are what mechanisms use.
type credentials int

const (
	anyCredentials credentials = iota
	passwords                  // PLAIN, SCRAM
	bearerTokens               // OAUTHBEARER
	awsCredentials             // AWS_MSK_IAM
)

// givenCredentials lists the settings that are set, except those for one kind.
func (c SASLConfig) givenCredentials(except credentials) []string {
	var names []string
	if except != passwords {
		names = append(names, c.givenPassword()...)
	}
	if except != bearerTokens {
		names = append(names, c.OAuthConfig.given()...)
	}
	if except != awsCredentials {
		names = append(names, c.AWSConfig.given()...)
	}
	return names
}

// mechanism is one way to authenticate.
type mechanism struct {
	uses     credentials
	validate func(SASLConfig) error
	build    func(context.Context, SASLConfig, Env) (sasl.Mechanism, error)
}

// mechanismNames are those of mechanisms, for error messages.
const mechanismNames = "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER or AWS_MSK_IAM"

var mechanisms = map[string]mechanism{
	"PLAIN":         plainMechanism,
	"SCRAM-SHA-256": scramMechanism("SCRAM-SHA-256", scram.SHA256),
	"SCRAM-SHA-512": scramMechanism("SCRAM-SHA-512", scram.SHA512),
	"OAUTHBEARER":   bearerMechanism,
	"AWS_MSK_IAM":   awsMechanism,
}

// mechanism is the name of the one in use, empty for none.
func (c SASLConfig) mechanism() string {
	if c.Mechanism == "" && len(c.givenPassword()) > 0 {
		return "PLAIN"
	}
	return c.Mechanism
}

// validate reports everything that is wrong, and connects to nothing.
func (c SASLConfig) validate() error {
	name := c.mechanism()
	if name == "" {
		if given := c.given(); len(given) > 0 {
			return setting.Missing("saslMechanism", fmt.Sprintf("it must be given with %s: %s", given[0], mechanismNames), "", nil)
		}
		return nil
	}
	m, ok := mechanisms[name]
	if !ok {
		return setting.Invalid("saslMechanism", unknownMechanism(name), "")
	}
	errs := []error{m.validate(c)}
	for _, other := range c.givenCredentials(m.uses) {
		errs = append(errs, setting.Invalid(other, fmt.Sprintf("saslMechanism %s does not use it: leave one out", name), ""))
	}
	return errors.Join(errs...)
}

// unknownMechanism does not repeat the name: it may be a password in the wrong place.
func unknownMechanism(name string) string {
	for _, known := range slices.Sorted(maps.Keys(mechanisms)) {
		if strings.EqualFold(known, strings.TrimSpace(name)) {
			return fmt.Sprintf("it is written %s", known)
		}
	}
	if strings.EqualFold(name, "GSSAPI") {
		return "GSSAPI (Kerberos) is not supported: " + mechanismNames
	}
	return "it is none of " + mechanismNames
}

// build makes the mechanism, nil for no authentication.
func (c SASLConfig) build(ctx context.Context, e Env) (sasl.Mechanism, error) {
	if err := c.validate(); err != nil || c.mechanism() == "" {
		return nil, err
	}
	return mechanisms[c.mechanism()].build(ctx, c, e)
}
