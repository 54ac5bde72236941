package check

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/security/oauth"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// remedy is what to do about a stage that was not reached.
func (a *attempt) remedy(s wire.Stage, err error) string {
	switch s {
	case wire.Connected:
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			return fmt.Sprintf("nobody listens there: is the broker running, and is this the port of one of its listeners? The address comes from %s", a.from)
		case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
			return fmt.Sprintf("there is no answer: is there a firewall, or another network, in between? The address comes from %s; dialTimeout is %s", a.from, a.Connection.DialTimeout)
		}
		return fmt.Sprintf("make the broker reachable from this machine, or correct %s", a.from)
	case wire.Secured:
		if wire.WithoutSAN(err) {
			host, _, _ := net.SplitHostPort(a.addr)
			return fmt.Sprintf("have the broker's certificate issued again with its name as SAN, with keytool by -ext SAN=dns:%s (or ip:), with openssl by -addext subjectAltName=DNS:%s", host, host)
		}
		if refusedCertificate(err) {
			return "compare the client certificate with what the broker takes, listed as acceptable: openssl s_client -connect " + a.addr + "; the broker's log has the reason"
		}
		return "compare with what the broker presents: openssl s_client -showcerts -connect " + a.addr
	case wire.Greeted:
		var unsupported *wire.UnsupportedError
		if errors.As(err, &unsupported) && unsupported.Old {
			return "update the broker: docs/compatibility.md says what works with which version"
		}
		return "is this a listener of Kafka, and is it one with TLS or without? Compare listener.security.protocol.map in the broker's properties with tls.enabled"
	}
	return a.loginRemedy(err)
}

// loginRemedy is what to do about a login that was refused.
func (a *attempt) loginRemedy(err error) string {
	mechanism := a.Connection.SASL.Name()
	var (
		credentials *wire.CredentialsError
		endpoint    *oauth.EndpointError
		aws         interface{ Operation() string } // the AWS SDK's, of an answer to a request
	)
	switch {
	case errors.As(err, &endpoint) && endpoint.Retriable():
		return fmt.Sprintf("the token endpoint %s, not the broker, gives no answer, or says that it is busy: is it running, and can this machine (or the proxy in HTTPS_PROXY) reach it? Its address comes from oauth.tokenURL; dialTimeout covers this request too", endpoint.Host)
	case errors.As(err, &endpoint):
		return fmt.Sprintf("the token endpoint %s, not the broker, refuses: compare oauth.tokenURL, oauth.clientID, the secret, oauth.scopes, oauth.audience and oauth.parameters with what it knows of this client", endpoint.Host)
	case errors.Is(err, kafkago.IllegalSASLState):
		return fmt.Sprintf("this listener is one without SASL: compare its port with listeners and listener.security.protocol.map in the broker's properties, and correct %s; or leave out saslMechanism and its credentials, and a securityProtocol with SASL in its name", a.from)
	case errors.Is(err, kafkago.UnsupportedSASLMechanism):
		return "set saslMechanism to one that the broker offers, or add it to sasl.enabled.mechanisms in the broker's properties"
	case mechanism == "AWS_MSK_IAM" && errors.As(err, &aws) && aws.Operation() == "AssumeRole":
		return "compare aws.roleARN and aws.externalID with the role's trust policy, and allow the credentials in use sts:AssumeRole on it; aws sts get-caller-identity, run as this process, shows whose they are"
	case mechanism == "AWS_MSK_IAM" && errors.As(err, &credentials):
		return "make AWS credentials known to this process; aws sts get-caller-identity, run as it, shows whether there are any"
	case mechanism == "AWS_MSK_IAM":
		return "allow the credentials in use kafka-cluster:Connect on the cluster, in its region; aws sts get-caller-identity shows whose they are"
	case mechanism == "OAUTHBEARER":
		return "compare the token's issuer, audience and end with what the broker expects (sasl.oauthbearer.expected.issuer, sasl.oauthbearer.expected.audience), and look into its log"
	}
	return "compare saslMechanism with sasl.enabled.mechanisms in the broker's properties, and the user and password with what the broker knows"
}
