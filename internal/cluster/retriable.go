package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Retriable tells whether the same request may succeed later, as the error
// table of the Kafka protocol has it. Errors that are not Kafka's own come from
// connections and are retriable, except where trying again can't help: refused
// credentials, untrusted certificates, requests that the broker doesn't know.
func Retriable(err error) bool {
	var code kafkago.Error
	if errors.As(err, &code) {
		return retriableCode(code)
	}
	return !Hopeless(err)
}

// Hopeless tells whether an error of a connection will be the same each time,
// until somebody changes a setting.
func Hopeless(err error) bool {
	var (
		auth        *wire.AuthError
		unsupported *wire.UnsupportedError
		protocol    *wire.ProtocolError
		verify      *tls.CertificateVerificationError
		authority   x509.UnknownAuthorityError
		host        x509.HostnameError
		op          *net.OpError
	)
	if errors.As(err, &op) && op.Op == "remote error" {
		return true // a TLS alert: the broker refused our certificate or version
	}
	return errors.As(err, &auth) || errors.As(err, &unsupported) || errors.As(err, &protocol) || errors.As(err, &verify) ||
		errors.As(err, &authority) || errors.As(err, &host)
}

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
		kafkago.BrokerNotAvailable:
		return true
	}
	return false
}
