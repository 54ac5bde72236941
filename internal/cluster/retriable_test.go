package cluster

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// retriableInJava are the codes whose exception is a RetriableException in Kafka's
// Java client, version 4.1.1.
var retriableInJava = []int16{
	2, 3, 5, 6, 7, 9, 13, 14, 15, 16, 19, 20, 41, 51, 56, 70, 71, 72, 74, 75, 78, 80, 83, 84, 88, 89, 100, 103, 106, 122, 123, 133,
}

// Where we differ from other clients, and why.
var (
	notAsJava = map[int16]string{
		8:   "BROKER_NOT_AVAILABLE: passes; Java's client takes it for an error of the command line tools",
		122: "SHARE_SESSION_NOT_FOUND: no share groups here",
		123: "INVALID_SHARE_SESSION_EPOCH: no share groups here",
		133: "SHARE_SESSION_LIMIT_REACHED: no share groups here",
	}
	notAsFranzGo = map[int16]string{
		51:  "CONCURRENT_TRANSACTIONS: as Java",
		133: "SHARE_SESSION_LIMIT_REACHED: no share groups here",
	}
)

func TestRetriesWhatKafkaCallsRetriable(t *testing.T) {
	is := is.New(t)
	java := make(map[int16]bool)
	for _, code := range retriableInJava {
		java[code] = true
	}
	for _, code := range embedded.Codes() {
		ours := Retriable(fmt.Errorf("wrapped: %w", CodeError(code)))
		_, differs := notAsJava[code]
		is.Equal(ours != java[code], differs) // as Java, or on purpose not
		_, differs = notAsFranzGo[code]
		is.Equal(ours != kerr.IsRetriable(kerr.ErrorForCode(code)), differs) // as franz-go, or on purpose not
	}
}

func TestAnErrorOfACodeNamesIt(t *testing.T) {
	is := is.New(t)
	is.NoErr(CodeError(0))
	for _, code := range embedded.Codes() {
		err := CodeError(code)
		is.True(errors.Is(err, kafkago.Error(code)))
		is.True(strings.HasPrefix(err.Error(), fmt.Sprintf("[%d] ", code)))
		is.True(!strings.HasSuffix(err.Error(), ": ")) // it says something
	}
}

func TestOneWrongAddressIsNoReasonToGiveUpTheOthers(t *testing.T) {
	refused, away := errors.New("connection refused"), fmt.Errorf("read: %w", io.EOF)
	untrusted, http := fmt.Errorf("start TLS: %w", x509.UnknownAuthorityError{}), &wire.ProtocolError{Problem: "HTTP"}
	credentials := &wire.AuthError{Err: kafkago.SASLAuthenticationFailed}
	for name, c := range map[string]struct {
		errs      []error
		permanent bool
	}{
		"all away":                     {[]error{refused, away}, false},
		"one untrusted, the rest away": {[]error{untrusted, refused, away}, false},
		"none that can be reached":     {[]error{untrusted, http}, true},
		"one refuses the credentials":  {[]error{refused, credentials}, true},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			err := fmt.Errorf("wrapped: %w", &UnreachableError{protocol.Metadata, c.errs})
			is.Equal(Permanent(err), c.permanent)
			is.Equal(Retriable(err), !c.permanent)
		})
	}
}

func TestABrokerThatRefusesARequestIsNoReasonToGiveUpTheOthers(t *testing.T) {
	is := is.New(t)
	is.True(Retriable(&UnreachableError{protocol.Metadata, []error{kafkago.InvalidRequest, errors.New("connection refused")}}))
	is.True(!Retriable(&UnreachableError{protocol.Metadata, []error{kafkago.InvalidRequest, kafkago.Unknown}}))
}
