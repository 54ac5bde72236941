package wire

import (
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go/protocol"
)

// ErrClosed is the error of calls on a connection that its owner closed.
var ErrClosed = errors.New("connection closed")

// AuthError says that the broker, or the connector itself, refused to
// authenticate the connection. It is not worth a retry with the same
// credentials.
type AuthError struct {
	Addr      string // host:port of the broker
	Mechanism string // SASL mechanism as configured
	Err       error  // never contains a secret

	another bool // there are other credentials to get
}

func (e *AuthError) Error() string {
	return fmt.Sprintf("authenticate with %s at %s: authentication failed: %v (check %s)",
		e.Mechanism, e.Addr, e.Err, loginSettings(e.Mechanism))
}

// loginSettings are those that a refusal may be about.
func loginSettings(mechanism string) string {
	switch mechanism {
	case "OAUTHBEARER":
		return "saslMechanism, and oauth.tokenURL, oauth.clientID, oauth.clientSecret and oauth.scopes, or oauth.tokenFile"
	case "AWS_MSK_IAM":
		return "saslMechanism, aws.region, and what the AWS credentials in use may do"
	default:
		return "saslMechanism, saslUsername and saslPassword"
	}
}

func (e *AuthError) Unwrap() error { return e.Err }

// CredentialsError says that the credentials for a mechanism (a token, those of AWS)
// can't be obtained at the moment. It is worth a retry.
type CredentialsError struct {
	Addr      string // host:port of the broker
	Mechanism string
	Err       error // never contains a secret
}

func (e *CredentialsError) Error() string {
	return fmt.Sprintf("get credentials for %s at %s: %v", e.Mechanism, e.Addr, e.Err)
}

func (e *CredentialsError) Unwrap() error { return e.Err }

// TimeoutError says that a broker accepted a request and did not answer in time.
// The connection is closed with it: what a frozen broker still holds back would
// otherwise block every later request.
type TimeoutError struct {
	Addr string
	Key  protocol.ApiKey
	Wait time.Duration
	Why  *GiveUp // nil where time was up
}

func (e *TimeoutError) Error() string {
	s := fmt.Sprintf("await %s response from %s: no answer within %s", e.Key, e.Addr, e.Wait.Round(time.Millisecond))
	if e.Why != nil {
		s += ", and " + e.Why.Error()
	}
	return s
}

// Timeout makes TimeoutError a net.Error in spirit.
func (e *TimeoutError) Timeout() bool { return true }

// GiveUp is a cause to cancel the context of a request with: there is no use in
// waiting for this broker any longer, and the connection is to end.
type GiveUp struct{ Why string }

func (g *GiveUp) Error() string { return g.Why }

// UnsupportedError says that the broker does not speak a request that is needed.
type UnsupportedError struct {
	Addr string
	Key  protocol.ApiKey
	// Old is set for a broker that is older than Kafka 0.11: it speaks the request up
	// to version Last, and no version of it in which record batches are exchanged.
	Old  bool
	Last int16
}

func (e *UnsupportedError) Error() string {
	if e.Old {
		return fmt.Sprintf("%s is older than Kafka 0.11, the lowest version that this connector works with: it speaks %s only up to version %d",
			e.Addr, e.Key, e.Last)
	}
	return fmt.Sprintf("send %s to %s: the broker does not support this request in any version known here", e.Key, e.Addr)
}

// ProtocolError says that what listens at an address speaks another protocol.
type ProtocolError struct{ Problem string }

func (e *ProtocolError) Error() string { return e.Problem }
