package limits_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// A goroutine that is left would not let its bubble end.
func TestStopsInEachStateLeaveNothing(t *testing.T) {
	if !long {
		t.Skip("LIMITS=long runs it; the tests of each state do it once")
	}
	for name, state := range sourceStates {
		t.Run("source "+name, func(t *testing.T) { many(t, func(t *testing.T) { state.stop(t, name, false) }) })
	}
	for name, state := range destinationStates {
		t.Run("destination "+name, func(t *testing.T) { many(t, func(t *testing.T) { state.stop(t, name, false) }) })
	}
}

func many(t *testing.T, stop func(t *testing.T)) {
	synctest.Test(t, stop)
	before := measure(t)
	for range 200 {
		synctest.Test(t, stop)
	}
	settled(t, before, 0, 8<<20)
}

// guarded bounds what must not hang.
func guarded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(zerolog.Nop().WithContext(context.Background()), 10*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestOpensAndClosesLeaveNothing(t *testing.T) {
	is := is.New(t)
	ctx := guarded(t)
	fake := embedded.Start(t, kfake.NumBrokers(3), kfake.SeedTopics(3, "t"))
	s := settings{"servers": strings.Join(fake.ListenAddrs(), ","), "groupID": "g", "readFromBeginning": "true"}
	once := func() {
		n, err := sides.Write(ctx, s.with(settings{"topic": "t"}).without("groupID", "readFromBeginning"), numbered(3)...)
		is.NoErr(err)
		is.Equal(n, 3)
		src, err := sides.OpenSource(ctx, s.with(settings{"topics": "t"}), nil)
		is.NoErr(err)
		records, err := src.ReadN(ctx, 3)
		is.NoErr(err)
		is.NoErr(src.Ack(ctx, records[len(records)-1].Position))
		is.NoErr(src.Teardown(ctx))
	}
	for range 5 {
		once()
	}
	before := measure(t)
	for range times(10, 200) {
		once()
	}
	settled(t, before, 5, 16<<20) // of which the embedded cluster keeps what was written
}

// listen answers connections in a way, and returns its address.
func listen(t *testing.T, answer func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	is.New(t).NoErr(err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				answer(c)
			}()
		}
	}()
	return l.Addr().String()
}

func TestFailedConnectionsLeaveNothing(t *testing.T) {
	// A port that was free a moment ago may be another process's by now.
	const nobody = "127.0.0.1:1"
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	login := settings{"saslUsername": "u", "saslPassword": "p"}
	picky := embedded.Start(t, kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser("PLAIN", "somebody", "else"))
	quiet := settings{"dialTimeout": "50ms"}
	for name, s := range map[string]settings{
		"nobody listens":     {"servers": nobody},
		"reset":              {"servers": listen(t, func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) })},
		"hung up":            {"servers": listen(t, func(c net.Conn) { _, _ = io.ReadFull(c, make([]byte, 20)) })},
		"silent":             quiet.with(settings{"servers": listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })}),
		"a web server":       {"servers": web.Listener.Addr().String()},
		"no TLS there":       {"servers": web.Listener.Addr().String(), "tls.enabled": "true"},
		"silent in TLS":      quiet.with(settings{"servers": listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }), "tls.enabled": "true"}),
		"an untrusted one":   {"servers": secure.Listener.Addr().String(), "tls.enabled": "true"},
		"a refused password": login.with(settings{"servers": picky.ListenAddrs()[0]}),
	} {
		t.Run(name, func(t *testing.T) {
			fail := func() {
				ctx, cancel := context.WithTimeout(guarded(t), 80*time.Millisecond)
				defer cancel()
				if src, err := sides.OpenSource(ctx, s.with(settings{"topics": "t"}), nil); err == nil {
					t.Fatalf("%T is open", src)
				}
				if dst, err := sides.OpenDestination(ctx, s.with(settings{"topic": "t"})); err == nil {
					t.Fatalf("%T is open", dst)
				}
			}
			fail()
			before := measure(t)
			for range times(10, 1000) {
				fail()
			}
			settled(t, before, 5, 8<<20)
		})
	}
}

func (s settings) without(names ...string) settings {
	out := s.with(nil)
	for _, name := range names {
		delete(out, name)
	}
	return out
}
