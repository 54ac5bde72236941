package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/apiversions"

	"github.com/conduitio/conduit-connector-kafka/test/certs"
)

// A broker that has stopped reading takes no goodbye either.
func TestConnClosesAtOnceThoughTheBrokerDoesNotRead(t *testing.T) {
	is := is.New(t)
	ca, err := certs.New("test CA")
	is.NoErr(err)
	pair, err := ca.Server("broker")
	is.NoErr(err)
	certificate, err := pair.TLS()
	is.NoErr(err)
	now := time.Now() // as the certificate has it, unlike a bubble
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		here, there := net.Pipe() // which holds nothing: who writes waits for who reads
		defer there.Close()
		go func() {
			server := tls.Server(there, &tls.Config{Certificates: []tls.Certificate{certificate}})
			version, id, _, _, err := protocol.ReadRequest(server)
			if err == nil {
				_ = protocol.WriteResponse(server, version, id, &apiversions.Response{})
				_, _, _, _, _ = protocol.ReadRequest(server) // the last that it reads
			}
		}()
		conn, err := Dial(context.Background(), "broker:9093", Config{
			TLS:            func() *tls.Config { return &tls.Config{RootCAs: ca.Pool(), Time: func() time.Time { return now }} },
			DialTimeout:    time.Hour,
			RequestTimeout: time.Hour,
			Dial:           func(context.Context, string, string) (net.Conn, error) { return here, nil },
		})
		is.NoErr(err)
		asked := make(chan error, 1)
		go func() {
			_, err := conn.RoundTrip(context.Background(), new(apiversions.Request))
			asked <- err
		}()
		synctest.Wait()
		begun := time.Now() // of the bubble: nothing else takes time in it
		is.NoErr(conn.Close())
		is.True(errors.Is(<-asked, ErrClosed))
		is.Equal(time.Since(begun), time.Duration(0))
	})
}
