package security

import (
	"encoding/json"
	"fmt"
)

// Warnings are what valid settings give away, one sentence each.
func (s Settings) Warnings() []string {
	t, a, _ := s.resolve()
	var all []string
	if name := a.mechanism(); name != "" && !t.enabled() {
		all = append(all, fmt.Sprintf("connections are not encrypted: anyone on the network path to the brokers can read records and %s, and can answer in their place (set tls.enabled, if the brokers have a listener with TLS)", exposed(name)))
	}
	if t.InsecureSkipVerify {
		all = append(all, "insecureSkipVerify is on: anyone on the network path to the brokers can answer in their place (set caCert to the authority of their certificates instead)")
	}
	if login := s.Registry.openLogin(); login != "" {
		all = append(all, fmt.Sprintf("requests to the schema registry are not encrypted: anyone on the network path to it can read %s, and can answer in its place (set an https URL in schemaRegistry.urls)", login))
	}
	return all
}

// exposed is what a mechanism shows to anyone who reads along.
func exposed(mechanism string) string {
	switch mechanism {
	case "PLAIN":
		return "the password"
	case "OAUTHBEARER":
		return "the token"
	case "AWS_MSK_IAM":
		return "a signature that serves as a login for some minutes"
	}
	return "what they need to guess the password"
}

// MarshalJSON keeps the key out of JSON.
func (c TLSConfig) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// MarshalJSON keeps the password out of JSON.
func (c SASLConfig) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// MarshalJSON keeps the login out of JSON.
func (c RegistryConfig) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// MarshalJSON keeps secrets out of JSON.
func (c OAuthConfig) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }

// MarshalJSON keeps secrets out of JSON.
func (c AWSConfig) MarshalJSON() ([]byte, error) { return json.Marshal(c.String()) }
