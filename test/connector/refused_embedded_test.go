package connector_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/certs"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// refusing is a cluster of three brokers that can refuse connections.
type refusing struct {
	cluster  *kfake.Cluster
	settings settings
	refuse   func(bool)
	refused  func() int32 // connections so far
}

// allRefuse starts brokers that all answer SASL_AUTHENTICATION_FAILED, as some do to a
// burst of connections.
func allRefuse(t *testing.T) refusing {
	var on atomic.Bool
	var n atomic.Int32
	c := embedded.Start(t, kfake.NumBrokers(3), kfake.SeedTopics(3, "t"), kfake.EnableSASL(), kfake.Superuser("PLAIN", "alice", "secret"))
	c.ControlKey(kmsg.SASLAuthenticate.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		if !on.Load() {
			return nil, nil, false
		}
		n.Add(1)
		res := embedded.Refusal(req, 58).(*kmsg.SASLAuthenticateResponse)
		res.ErrorMessage = kmsg.StringPtr("Too many connects")
		return res, nil, true
	})
	return refusing{c, settings{"servers": list(c.ListenAddrs()), "saslUsername": "alice", "saslPassword": "secret"}, on.Store, n.Load}
}

// foreignCertificate starts brokers of which one presents a certificate of another
// authority.
func foreignCertificate(t *testing.T) refusing {
	return oneBreaksTLS(t, func(foreign tls.Certificate) (*tls.Config, error) {
		return &tls.Config{Certificates: []tls.Certificate{foreign}}, nil
	})
}

// alert starts brokers of which one ends handshakes with the alert internal_error.
func alert(t *testing.T) refusing {
	return oneBreaksTLS(t, func(tls.Certificate) (*tls.Config, error) { return nil, errors.New("not yet") })
}

func oneBreaksTLS(t *testing.T, broken func(foreign tls.Certificate) (*tls.Config, error)) refusing {
	is := is.New(t)
	pair := func() (*certs.CA, tls.Certificate) {
		ca, err := certs.New("a CA")
		is.NoErr(err)
		server, err := ca.Server()
		is.NoErr(err)
		p, err := server.TLS()
		is.NoErr(err)
		return ca, p
	}
	ca, own := pair()
	_, foreign := pair()
	var on atomic.Bool
	var n, breaks atomic.Int32 // the node that does
	listeners := int32(0)
	c := embedded.Start(t, kfake.NumBrokers(3), kfake.SeedTopics(3, "t"), kfake.ListenFn(func(network, addr string) (net.Listener, error) {
		l, err := net.Listen(network, addr)
		if err != nil {
			return nil, err
		}
		node := listeners
		listeners++
		return tls.NewListener(l, &tls.Config{
			Certificates: []tls.Certificate{own},
			GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
				if !on.Load() || node != breaks.Load() {
					return nil, nil
				}
				n.Add(1)
				return broken(foreign)
			},
		}), nil
	}))
	breaks.Store(c.LeaderFor("t", 0))
	return refusing{c, settings{"servers": list(c.ListenAddrs()), "caCert": string(ca.Cert())}, on.Store, n.Load}
}

var refusals = map[string]func(*testing.T) refusing{
	"too many connects": allRefuse, "a foreign certificate": foreignCertificate, "a TLS alert": alert,
}

func TestSourceOutlivesConnectionsThatAreRefusedForAWhile(t *testing.T) {
	for name, start := range refusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			r := start(t)
			ctx := guarded(t)
			src, err := openSource(ctx, r.settings.with(settings{"topics": "t", "readFromBeginning": "true", "groupID": "g"}), nil)
			is.NoErr(err)
			n, err := write(ctx, r.settings.with(settings{"topic": "t", "partitioner": "round-robin"}), numbered(30)...)
			is.NoErr(err)
			is.Equal(n, 30)
			_, err = read(ctx, src, 30)
			is.NoErr(err)

			r.refuse(true)
			before := r.refused()
			for r.refused() < before+5 {
				is.NoErr(ctx.Err())
				embedded.Disconnect(r.cluster, int16(kmsg.Fetch), 1)
				short, stop := context.WithTimeout(ctx, 200*time.Millisecond)
				_, err := src.ReadN(short, 1)
				stop()
				is.True(errors.Is(err, context.DeadlineExceeded)) // it goes on
			}
			r.refuse(false)
			n, err = write(ctx, r.settings.with(settings{"topic": "t", "partitioner": "round-robin"}), numbered(30)...)
			is.NoErr(err)
			is.Equal(n, 30)
			_, err = read(ctx, src, 30)
			is.NoErr(err)
			is.NoErr(src.Teardown(ctx))
		})
	}
}

func TestDestinationOutlivesConnectionsThatAreRefusedForAWhile(t *testing.T) {
	for name, start := range refusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			r := start(t)
			ctx := guarded(t)
			dst, err := openDestination(ctx, r.settings.with(settings{"topic": "t", "partitioner": "round-robin", "deliveryTimeout": "1m"}))
			is.NoErr(err)
			_, err = dst.Write(ctx, numbered(30))
			is.NoErr(err)

			r.refuse(true)
			before := r.refused()
			embedded.Disconnect(r.cluster, int16(kmsg.Produce), 9)
			embedded.Disconnect(r.cluster, int16(kmsg.Metadata), 9)
			written := make(chan error, 1)
			go func() {
				n, err := dst.Write(ctx, numbered(30))
				if err == nil && n != 30 {
					err = errors.New("not all are written")
				}
				written <- err
			}()
			for r.refused() < before+3 && len(written) == 0 && ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
			r.refuse(false)
			is.NoErr(<-written)
			is.NoErr(dst.Teardown(ctx))
		})
	}
}

func TestRefusedConnectionsEndOpenAtOnce(t *testing.T) {
	r := allRefuse(t)
	r.refuse(true)
	for side, open := range bothSides {
		t.Run(side, func(t *testing.T) {
			is := is.New(t)
			err := open(guarded(t), r.settings)
			expect.Error(t, err, "Too many connects")
			is.True(!strings.Contains(err.Error(), "have worked"))
		})
	}
	is.New(t).True(slices.Contains([]int32{2, 4, 6}, r.refused())) // none is tried twice
}
