package oauth

import (
	"context"
	"errors"
	"regexp"

	"github.com/segmentio/kafka-go/sasl"
)

// Source gives a token that is valid at the moment. It may be called concurrently.
type Source func(ctx context.Context) (string, error)

// Mechanism authenticates with tokens of a source, asked for at each
// authentication.
func Mechanism(tokens Source) sasl.Mechanism { return mechanism{tokens} }

type mechanism struct{ tokens Source }

func (mechanism) Name() string { return "OAUTHBEARER" }

func (m mechanism) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	token, err := m.tokens(ctx)
	if err != nil {
		return nil, nil, err
	}
	return &dialogue{}, []byte("n,,\x01auth=Bearer " + token + "\x01\x01"), nil
}

// dialogue is what follows the first message: nothing if the broker agrees. If it
// does not it says why, waits for a byte that acknowledges that, and only then fails
// the authentication, with the same reason (RFC 7628, section 3.2.3).
type dialogue struct{ reason string }

func (d *dialogue) Next(_ context.Context, challenge []byte) (done bool, response []byte, err error) {
	switch {
	case d.reason != "":
		return false, nil, errors.New("the broker refuses the token: " + d.reason)
	case len(challenge) == 0:
		return true, nil, nil
	}
	d.reason = string(challenge)
	return false, []byte{1}, nil
}

// wellFormed is what RFC 6750, section 2.1, lets a bearer token be made of.
var wellFormed = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

// check keeps what is no token at all (a web page, two lines) from brokers, whose
// answers to it explain nothing.
func check(token string) error {
	switch {
	case token == "":
		return errors.New("the token is empty")
	case !wellFormed.MatchString(token):
		return errors.New("the token has characters that a bearer token can't have (RFC 6750)")
	}
	return nil
}
