package oauth

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/segmentio/kafka-go/sasl"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// Source gives tokens. Its methods may be called concurrently.
type Source interface {
	// Token returns a token that is valid at the moment.
	Token(ctx context.Context) (string, error)
	// Refused is called with a token that a broker has refused. It reports whether
	// the next call of Token may return another one.
	Refused(token string) bool
}

// Mechanism authenticates with tokens of a source, asked for at each authentication,
// and sends extensions with them (KIP-342).
func Mechanism(tokens Source, extensions map[string]string) sasl.Mechanism {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(extensions)) {
		b.WriteString("\x01" + name + "=" + extensions[name])
	}
	return mechanism{tokens, b.String()}
}

type mechanism struct {
	tokens     Source
	extensions string // each after a \x01
}

func (mechanism) Name() string { return "OAUTHBEARER" }

func (m mechanism) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	token, err := m.tokens.Token(ctx)
	if err != nil {
		return nil, nil, err
	}
	return &dialogue{tokens: m.tokens, token: token}, []byte("n,,\x01auth=Bearer " + token + m.extensions + "\x01\x01"), nil
}

// dialogue is what follows the first message: nothing if the broker agrees. If it
// does not it says why, waits for a byte that acknowledges that, and only then fails
// the authentication, with the same reason (RFC 7628, section 3.2.3).
type dialogue struct {
	tokens Source
	token  string
	reason string
}

func (d *dialogue) Next(_ context.Context, challenge []byte) (done bool, response []byte, err error) {
	switch {
	case d.reason != "":
		return false, nil, errors.New("the broker refuses the token: " + d.reason)
	case len(challenge) == 0:
		return true, nil, nil
	}
	d.reason = printable.Text(printable.Without(string(challenge), d.token))
	return false, []byte{1}, nil
}

// Discard throws the token away, and reports whether there is another one to get.
func (d *dialogue) Discard() bool { return d.tokens.Refused(d.token) }

// extensionName and extensionValue are those of Kafka's OAuthBearerClientInitialResponse.
var (
	extensionName  = regexp.MustCompile(`^[A-Za-z]+$`)
	extensionValue = regexp.MustCompile(`^[\x21-\x7E \t\r\n]+$`)
)

// ValidateExtension reports what is wrong with an extension, without its value.
func ValidateExtension(name, value string) error {
	switch {
	case name == "auth":
		return errors.New("auth is the token's own name")
	case !extensionName.MatchString(name):
		return errors.New("the name of an extension has letters and nothing else")
	case !extensionValue.MatchString(value):
		return errors.New("the value of an extension is printable ASCII, and not empty")
	}
	return nil
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
