package kafka

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// securityProtocols are Kafka's names of the four ways to secure a connection.
var securityProtocols = map[string]struct{ tls, sasl bool }{
	"PLAINTEXT":      {false, false},
	"SSL":            {true, false},
	"SASL_PLAINTEXT": {false, true},
	"SASL_SSL":       {true, true},
}

// secured returns the TLS and SASL settings with what securityProtocol turns on,
// and everything in which they contradict it.
func (c Config) secured() (TLSConfig, SASLConfig, []error) {
	if c.SecurityProtocol == "" {
		return c.TLSConfig, c.SASLConfig, nil
	}
	name := strings.ToUpper(c.SecurityProtocol)
	p, ok := securityProtocols[name]
	if !ok {
		known := slices.Sorted(maps.Keys(securityProtocols))
		return c.TLSConfig, c.SASLConfig, []error{
			setting.Invalid("securityProtocol", fmt.Sprintf("%q is unknown: %s", c.SecurityProtocol, strings.Join(known, ", ")), ""),
		}
	}
	var errs []error
	if given := c.TLSConfig.given(); !p.tls && len(given) > 0 {
		errs = append(errs, setting.Invalid("securityProtocol",
			fmt.Sprintf("%s means connections without TLS, but %s is set: leave one out", name, strings.Join(given, ", ")), ""))
	}
	switch given := c.SASLConfig.given(); {
	case !p.sasl && len(given) > 0:
		errs = append(errs, setting.Invalid("securityProtocol",
			fmt.Sprintf("%s means connections without authentication, but %s is set: leave one out", name, strings.Join(given, ", ")), ""))
	case p.sasl && len(given) == 0:
		errs = append(errs, setting.Invalid("saslMechanism",
			fmt.Sprintf("securityProtocol %s needs it, with its credentials; for PLAIN, saslUsername and saslPassword are enough", name), ""))
	}
	t := c.TLSConfig
	t.TLSEnabled = t.TLSEnabled || p.tls
	return t, c.SASLConfig, errs
}

// option reports whether a setting is given.
type option struct {
	name  string
	given bool
}

func givenSettings(all ...option) []string {
	var names []string
	for _, s := range all {
		if s.given {
			names = append(names, s.name)
		}
	}
	return names
}
