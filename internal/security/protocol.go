package security

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

// resolve returns the TLS and SASL settings with what securityProtocol turns on,
// and everything in which they contradict it.
func (s Settings) resolve() (TLSConfig, SASLConfig, []error) {
	if s.Protocol == "" {
		return s.TLS, s.SASL, nil
	}
	name := strings.ToUpper(s.Protocol)
	p, ok := securityProtocols[name]
	if !ok {
		known := slices.Sorted(maps.Keys(securityProtocols))
		return s.TLS, s.SASL, []error{
			setting.Invalid("securityProtocol", fmt.Sprintf("%q is unknown: %s", s.Protocol, strings.Join(known, ", ")), ""),
		}
	}
	var errs []error
	if given := s.TLS.given(); !p.tls && len(given) > 0 {
		errs = append(errs, setting.Invalid("securityProtocol",
			fmt.Sprintf("%s means connections without TLS, but %s is set: leave one out", name, strings.Join(given, ", ")), ""))
	}
	switch given := s.SASL.given(); {
	case !p.sasl && len(given) > 0:
		errs = append(errs, setting.Invalid("securityProtocol",
			fmt.Sprintf("%s means connections without authentication, but %s is set: leave one out", name, strings.Join(given, ", ")), ""))
	case p.sasl && len(given) == 0:
		errs = append(errs, setting.Missing("saslMechanism",
			fmt.Sprintf("securityProtocol %s needs it, with its credentials; for PLAIN, saslUsername and saslPassword are enough", name), "", nil))
	}
	t := s.TLS
	t.TLSEnabled = t.TLSEnabled || p.tls
	return t, s.SASL, errs
}
