package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Retriable reports whether the same request may succeed later, as the error
// table of the Kafka protocol has it. Errors that are not Kafka's own come from
// connections and are retriable, except where trying again can't help: refused
// credentials, untrusted certificates, requests that the broker doesn't know.
func Retriable(err error) bool {
	if Permanent(err) {
		return false
	}
	var none *UnreachableError
	if errors.As(err, &none) {
		return slices.ContainsFunc(none.Errs, Retriable)
	}
	if passing(err) {
		return true
	}
	var code kafkago.Error
	return !errors.As(err, &code) || retriableCode(code)
}

// Permanent reports whether an error of a connection will be the same each time,
// until somebody changes a setting, or for good: the client was closed. Credentials
// are the same for all brokers: one that refuses them is enough. Otherwise one may be
// a wrong address in a list of right ones, whose brokers are away for a moment. A
// RefusedError is not permanent. A WrongClusterError is where no broker of the right
// cluster can be asked, and a bootstrap address, or each address, leads to another.
func Permanent(err error) bool {
	var none *UnreachableError
	if errors.As(err, &none) {
		return slices.ContainsFunc(none.Errs, refusesAll) || slices.ContainsFunc(none.Errs, taken) ||
			!slices.ContainsFunc(none.Errs, func(err error) bool { return !wrongAddress(err) && !elsewhere(err) })
	}
	return refusesAll(err) || wrongAddress(err)
}

func wrongAddress(err error) bool {
	var (
		unsupported *wire.UnsupportedError
		protocol    *wire.ProtocolError
		verify      *tls.CertificateVerificationError
		authority   x509.UnknownAuthorityError
		host        x509.HostnameError
		op          *net.OpError
	)
	switch {
	case passing(err):
		return false
	case refusesAll(err):
		return true
	case errors.As(err, &op) && op.Op == "remote error":
		return slices.Contains(permanentAlerts, op.Err.Error())
	}
	return errors.As(err, &unsupported) || errors.As(err, &protocol) || errors.As(err, &verify) ||
		errors.As(err, &authority) || errors.As(err, &host)
}

// permanentAlerts are those by which a broker refuses our certificate, version or
// cipher suites (RFC 8446, section 6.2), in the words of crypto/tls, which keeps their
// numbers to itself. Others, such as internal_error, pass.
var permanentAlerts = []string{
	"tls: handshake failure", // 40
	"tls: bad certificate",   // 42, and so on
	"tls: unsupported certificate",
	"tls: revoked certificate",
	"tls: expired certificate",
	"tls: unknown certificate",
	"tls: illegal parameter",
	"tls: unknown certificate authority",
	"tls: access denied",                  // 49
	"tls: protocol version not supported", // 70
	"tls: insufficient security level",    // 71
	"tls: unrecognized name",              // 112
	"tls: certificate required",           // 116
}

// retriableCode follows RetriableException of Kafka's Java client, version 4.1, with
// one code more: BROKER_NOT_AVAILABLE, which brokers before KRaft gave while they
// started. Codes of share groups, which are never asked for here, are left out.
func retriableCode(code kafkago.Error) bool {
	switch code {
	case kafkago.InvalidMessage, // CORRUPT_MESSAGE
		kafkago.UnknownTopicOrPartition,
		kafkago.LeaderNotAvailable,
		kafkago.NotLeaderForPartition,
		kafkago.RequestTimedOut,
		kafkago.ReplicaNotAvailable,
		kafkago.NetworkException,
		kafkago.GroupLoadInProgress,
		kafkago.GroupCoordinatorNotAvailable,
		kafkago.NotCoordinatorForGroup,
		kafkago.NotEnoughReplicas,
		kafkago.NotEnoughReplicasAfterAppend,
		kafkago.NotController,
		kafkago.ConcurrentTransactions,
		kafkago.KafkaStorageError,
		kafkago.FetchSessionIDNotFound,
		kafkago.InvalidFetchSessionEpoch,
		kafkago.ListenerNotFound,
		kafkago.FencedLeaderEpoch,
		kafkago.UnknownLeaderEpoch,
		kafkago.OffsetNotAvailable,
		kafkago.PreferredLeaderNotAvailable,
		kafkago.EligibleLeadersNotAvailable,
		kafkago.ElectionNotNeeded,
		kafkago.UnstableOffsetCommit,
		kafkago.ThrottlingQuotaExceeded,
		kafkago.UnknownTopicID,
		kafkago.InconsistentTopicID,
		kafkago.FetchSessionTopicIDError,
		kafkago.BrokerNotAvailable:
		return true
	}
	return false
}
