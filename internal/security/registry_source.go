package security

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// SourceRegistryConfig is where the schema registry of the records' source is, for a
// destination that writes with another one.
type SourceRegistryConfig struct {
	// URLs of the schema registry of the source, separated by commas, for the formats
	// schema-id: whose IDs records bring along. Its certificate is verified as that of
	// schemaRegistry.urls is.
	SourceRegistryURLs []string `json:"schemaRegistry.source.urls"`
	// User for the schema registry of the source (HTTP basic authentication).
	SourceRegistryUsername string `json:"schemaRegistry.source.username"`
	// Password for the schema registry of the source.
	SourceRegistryPassword string `json:"schemaRegistry.source.password"`
	// File with the password, instead of schemaRegistry.source.password. Read again like
	// saslPasswordFile.
	SourceRegistryPasswordFile string `json:"schemaRegistry.source.passwordFile"`
	// Bearer token for the schema registry of the source, instead of a user and a password.
	SourceRegistryToken string `json:"schemaRegistry.source.token"`
	// File with the bearer token, instead of schemaRegistry.source.token. It is read again for
	// each request.
	SourceRegistryTokenFile string `json:"schemaRegistry.source.tokenFile"`
}

// Registry is the same as the settings of a registry, with the authorities of another's.
func (c SourceRegistryConfig) Registry(other RegistryConfig) RegistryConfig {
	return RegistryConfig{
		URLs: c.SourceRegistryURLs, Username: c.SourceRegistryUsername,
		Password: c.SourceRegistryPassword, PasswordFile: c.SourceRegistryPasswordFile,
		Token: c.SourceRegistryToken, TokenFile: c.SourceRegistryTokenFile,
		CACert: other.CACert, CACertFile: other.CACertFile,
	}
}

// Given reports whether there is such a registry.
func (c SourceRegistryConfig) Given() bool { return len(setting.List(c.SourceRegistryURLs)) > 0 }

// Validate reports everything that is wrong at once.
func (c SourceRegistryConfig) Validate() error {
	return ofSource(c.Registry(RegistryConfig{}).Validate())
}

// Warnings are what valid settings give away.
func (c SourceRegistryConfig) Warnings() []string {
	all := Settings{Registry: c.Registry(RegistryConfig{})}.Warnings()
	for i := range all {
		all[i] = OfSourceRegistry(all[i])
	}
	return all
}

// String keeps the login out of logs.
func (c SourceRegistryConfig) String() string {
	return OfSourceRegistry(c.Registry(RegistryConfig{}).String())
}

// GoString keeps the login out of %#v.
func (c SourceRegistryConfig) GoString() string { return "kafka.SourceRegistryConfig" + c.String() }

// MarshalJSON keeps the login out of JSON.
func (c SourceRegistryConfig) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// OfSourceRegistry has a text about the settings of a registry be about those of the source's.
func OfSourceRegistry(text string) string {
	return strings.ReplaceAll(text, "schemaRegistry.", "schemaRegistry.source.")
}

// ofSource has complaints be about the settings of the source's registry.
func ofSource(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var errs []error
		for _, err := range joined.Unwrap() {
			errs = append(errs, ofSource(err))
		}
		return errors.Join(errs...)
	}
	var own *setting.Error
	if !errors.As(err, &own) {
		return err
	}
	renamed := *own
	renamed.Name, renamed.Problem = OfSourceRegistry(own.Name), OfSourceRegistry(own.Problem)
	return &renamed
}
