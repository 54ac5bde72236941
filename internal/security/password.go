package security

import (
	"context"
	"errors"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"

	"github.com/conduitio/conduit-connector-kafka/internal/security/reload"
	"github.com/conduitio/conduit-connector-kafka/internal/security/scram"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// login is who authenticates with a password.
type login struct{ user, password string }

func (c SASLConfig) login() (login, error) {
	user, userErr := fileSetting{"saslUsername", c.Username, c.UsernameFile}.line()
	password, passwordErr := fileSetting{"saslPassword", c.Password, c.PasswordFile}.line()
	return login{user, password}, errors.Join(userErr, passwordErr)
}

func (c SASLConfig) validatePassword() error {
	var errs []error
	for _, s := range []fileSetting{{"saslUsername", c.Username, c.UsernameFile}, {"saslPassword", c.Password, c.PasswordFile}} {
		if !s.given() {
			errs = append(errs, setting.Missing(s.name, "it is required for authentication with "+c.mechanism(), "", nil))
			continue
		}
		err := s.validate()
		if err == nil {
			_, err = s.line()
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// logins returns what to log in with, read again at each call where it is in files.
func (c SASLConfig) logins(e Env) (scram.Login, error) {
	v, err := reload.New(c.login, func(err error) {
		e.Warn("read user and password again; new connections use those read before", err)
	})
	if err != nil {
		return nil, err
	}
	return func() (user, password string) {
		l := v.Get()
		return l.user, l.password
	}, nil
}

var plainMechanism = mechanism{
	uses:     passwords,
	validate: SASLConfig.validatePassword,
	build: func(_ context.Context, c SASLConfig, e Env) (sasl.Mechanism, error) {
		logins, err := c.logins(e)
		return plainLogin{logins}, err
	},
}

// plainLogin asks for user and password at each authentication.
type plainLogin struct{ login scram.Login }

func (plainLogin) Name() string { return "PLAIN" }

func (p plainLogin) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	user, password := p.login()
	return plain.Mechanism{Username: user, Password: password}.Start(ctx)
}

func scramMechanism(name string, hash scram.Hash) mechanism {
	return mechanism{
		uses:     passwords,
		validate: SASLConfig.validatePassword,
		build: func(_ context.Context, c SASLConfig, e Env) (sasl.Mechanism, error) {
			logins, err := c.logins(e)
			return scram.Mechanism(name, hash, logins), err
		},
	}
}
