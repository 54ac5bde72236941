package cluster

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

var (
	badCredentials = &wire.AuthError{Addr: "a:1", Mechanism: "PLAIN", Err: kafkago.SASLAuthenticationFailed}
	errForeign     = fmt.Errorf("start TLS: %w", x509.UnknownAuthorityError{})
)

func TestRefusalIsFinalBeforeAnythingHasWorked(t *testing.T) {
	for _, err := range []error{badCredentials, errForeign} {
		is := is.New(t)
		c := New(nil, config)
		is.True(Permanent(c.judgeLocked(err)))
		is.True(Permanent(c.judgeLocked(err))) // also the second time
	}
}

func TestRefusalByAClusterThatHasWorkedIsTriedAgain(t *testing.T) {
	for _, err := range []error{badCredentials, errForeign} {
		is := is.New(t)
		c := New(nil, config)
		is.NoErr(c.judgeLocked(nil))
		got := c.judgeLocked(err)
		t.Log(got)
		is.True(!Permanent(got))
		is.True(Retriable(got))
		is.True(Retriable(fmt.Errorf("wrapped: %w", &UnreachableError{protocol.Metadata, []error{got, io.EOF}})))
		is.True(errors.Is(got, err)) // and is still told from others
	}
}

func TestRefusalIsFinalAfterMinutesOfNothingElse(t *testing.T) {
	for name, c := range map[string]struct {
		since, last time.Duration // ago
		between     error         // what came of another dial meanwhile
		final       bool
	}{
		"for five minutes":                 {5 * time.Minute, time.Second, badCredentials, true},
		"for less":                         {4 * time.Minute, time.Second, badCredentials, false},
		"for five minutes, one was away":   {5 * time.Minute, time.Second, io.EOF, true},
		"for five minutes, one was ready":  {5 * time.Minute, time.Second, nil, false},
		"twice, with nothing in between":   {time.Hour, time.Hour, io.EOF, false},
		"for five minutes, then a silence": {time.Hour, 10 * time.Minute, io.EOF, false},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			client := New(nil, config)
			_ = client.judgeLocked(nil)
			_ = client.judgeLocked(badCredentials)
			client.refusals.since, client.refusals.last = time.Now().Add(-c.since), time.Now().Add(-c.last)
			_ = client.judgeLocked(c.between)
			is.Equal(Permanent(client.judgeLocked(badCredentials)), c.final)
		})
	}
}

func TestOnlyAlertsAboutWhoConnectsAreHopeless(t *testing.T) {
	for text, permanent := range map[string]bool{
		"bad certificate": true, "certificate required": true, "expired certificate": true, "handshake failure": true,
		"protocol version not supported": true, "unknown certificate authority": true, "unrecognized name": true,
		"internal error": false, "user canceled": false, "close notify": false, "unexpected message": false,
	} {
		t.Run(text, func(t *testing.T) {
			err := fmt.Errorf("start TLS: %w", &net.OpError{Op: "remote error", Err: errors.New("tls: " + text)})
			is.New(t).Equal(Permanent(err), permanent)
		})
	}
}
