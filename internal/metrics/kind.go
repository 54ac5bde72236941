package metrics

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// kindOf puts an error into one of a fixed set of kinds: Kafka's name of an error
// that a broker answered (not_leader_for_partition), or what else went wrong.
func kindOf(err error) string {
	var (
		auth        *wire.AuthError
		credentials *wire.CredentialsError
		tooLarge    *produce.TooLargeError
		code        kafkago.Error
		dns         *net.DNSError
		op          *net.OpError
		timeout     interface{ Timeout() bool }
		protocol    *wire.ProtocolError
		unsupported *wire.UnsupportedError
	)
	switch {
	case errors.As(err, &auth), errors.As(err, &credentials):
		return "authentication"
	case errors.As(err, &tooLarge):
		return "record_too_large"
	case errors.As(err, &code):
		return kindOfCode(code)
	case isTLS(err):
		return "tls"
	case errors.As(err, &dns):
		return "dns"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.As(err, &op) && op.Op == "dial":
		return "dial"
	case errors.As(err, &protocol):
		return "protocol"
	case errors.As(err, &unsupported):
		return "unsupported"
	case errors.As(err, &op), errors.Is(err, wire.ErrClosed), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection"
	}
	return "other"
}

func kindOfCode(code kafkago.Error) string {
	if title := code.Title(); title != "" {
		return strings.ReplaceAll(strings.ToLower(title), " ", "_")
	}
	return "other"
}

func isTLS(err error) bool {
	var (
		op        *net.OpError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
	)
	return errors.As(err, &verify) || errors.As(err, &record) || errors.As(err, &authority) || errors.As(err, &host) ||
		errors.As(err, &op) && op.Op == "remote error"
}

// resultOf is "ok" or the kind of an error.
func resultOf(err error) string {
	if err == nil {
		return "ok"
	}
	return kindOf(err)
}
