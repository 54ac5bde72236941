package kafka

import (
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// SASLConfig is how the connector authenticates.
type SASLConfig struct {
	// SASL mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512. Defaults to PLAIN
	// when saslUsername is given, otherwise to no authentication.
	Mechanism string `json:"saslMechanism"`
	// Username for PLAIN and SCRAM. Needs saslPassword.
	Username string `json:"saslUsername"`
	// Password for PLAIN and SCRAM. Needs saslUsername.
	Password string `json:"saslPassword"`
}

// String keeps the password out of logs.
func (c SASLConfig) String() string {
	return fmt.Sprintf("{saslMechanism:%q saslUsername:%q saslPassword:%s}", c.Mechanism, c.Username, present(c.Password))
}

// GoString keeps the password out of %#v.
func (c SASLConfig) GoString() string { return "kafka.SASLConfig" + c.String() }

// given lists the settings that are set.
func (c SASLConfig) given() []string {
	return append(givenSettings(setting{"saslMechanism", c.Mechanism != ""}), c.givenPassword()...)
}

func (c SASLConfig) givenPassword() []string {
	return givenSettings(setting{"saslUsername", c.Username != ""}, setting{"saslPassword", c.Password != ""})
}

// mechanism is one way to authenticate.
type mechanism struct {
	check  func(SASLConfig) error
	create func(SASLConfig) (sasl.Mechanism, error)
}

// mechanismNames are those of mechanisms, for error messages.
const mechanismNames = "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"

var mechanisms = map[string]mechanism{
	"PLAIN": {SASLConfig.checkPassword, func(c SASLConfig) (sasl.Mechanism, error) {
		return plain.Mechanism{Username: c.Username, Password: c.Password}, nil
	}},
	"SCRAM-SHA-256": scramMechanism(scram.SHA256),
	"SCRAM-SHA-512": scramMechanism(scram.SHA512),
}

// mechanism is the name of the one in use, empty for none.
func (c SASLConfig) mechanism() string {
	if c.Mechanism == "" && len(c.givenPassword()) > 0 {
		return "PLAIN"
	}
	return c.Mechanism
}

// check reports everything that is wrong, and connects to nothing.
func (c SASLConfig) check() error {
	name := c.mechanism()
	if name == "" {
		return nil
	}
	m, ok := mechanisms[name]
	if !ok {
		return settingError("saslMechanism", fmt.Sprintf("%q is unknown: %s", name, mechanismNames), "")
	}
	return m.check(c)
}

func (c SASLConfig) checkPassword() error {
	name := c.mechanism()
	var errs []error
	if c.Username == "" {
		errs = append(errs, settingError("saslUsername", "it is required for authentication with "+name, ""))
	}
	if c.Password == "" {
		errs = append(errs, settingError("saslPassword", "it is required for authentication with "+name, ""))
	}
	return errors.Join(errs...)
}

// build makes the mechanism, nil for no authentication.
func (c SASLConfig) build() (sasl.Mechanism, error) {
	if err := c.check(); err != nil || c.mechanism() == "" {
		return nil, err
	}
	return mechanisms[c.mechanism()].create(c)
}

func scramMechanism(hash scram.Algorithm) mechanism {
	create := func(c SASLConfig) (sasl.Mechanism, error) {
		m, err := scram.Mechanism(hash, c.Username, c.Password)
		if err != nil { // its text has the password
			return nil, settingError("saslUsername, saslPassword", "one of them has characters that SASLprep (RFC 4013) does not allow", "")
		}
		return m, nil
	}
	check := func(c SASLConfig) error {
		if err := c.checkPassword(); err != nil {
			return err
		}
		_, err := create(c)
		return err
	}
	return mechanism{check, create}
}
