package proxy_test

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/matryer/is"
	"go.uber.org/goleak"

	"github.com/conduitio/conduit-connector-kafka/test/proxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo is a server that sends everything back.
func echo(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	is.New(t).NoErr(err)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return l.Addr().String()
}

// start returns a proxy before an echo server, and a connection through it.
func start(t *testing.T) (*proxy.Proxy, net.Conn) {
	p, err := proxy.Listen("127.0.0.1:0", echo(t))
	is.New(t).NoErr(err)
	t.Cleanup(func() { _ = p.Close() })
	return p, dial(t, p)
}

func dial(t *testing.T, p *proxy.Proxy) net.Conn {
	conn, err := net.Dial("tcp", p.Addr())
	is.New(t).NoErr(err)
	t.Cleanup(func() { _ = conn.Close() })
	is.New(t).NoErr(conn.SetDeadline(time.Now().Add(30 * time.Second)))
	return conn
}

func send(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	_, err := io.WriteString(conn, text)
	is.New(t).NoErr(err)
}

func receive(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	buf := make([]byte, len(text))
	_, err := io.ReadFull(conn, buf)
	is.New(t).NoErr(err)
	is.New(t).Equal(string(buf), text)
}

func silent(t *testing.T, conn net.Conn) {
	t.Helper()
	is := is.New(t)
	is.NoErr(conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)))
	_, err := conn.Read(make([]byte, 1))
	var timeout net.Error
	is.True(errors.As(err, &timeout) && timeout.Timeout())
	is.NoErr(conn.SetReadDeadline(time.Now().Add(30 * time.Second)))
}

func TestProxy_passes_both_ways(t *testing.T) {
	_, conn := start(t)
	send(t, conn, "hello")
	receive(t, conn, "hello")
	is.New(t).NoErr(conn.(*net.TCPConn).CloseWrite())
	_, err := conn.Read(make([]byte, 1))
	is.New(t).Equal(err, io.EOF)
}

func TestProxy_delays_and_throttles_without_loss(t *testing.T) {
	p, conn := start(t)
	p.Delay(20 * time.Millisecond)
	p.Throttle(10_000)
	begin := time.Now()
	send(t, conn, "hello")
	receive(t, conn, "hello")
	is.New(t).True(time.Since(begin) >= 40*time.Millisecond)
}

func TestProxy_holds_back_what_is_frozen_until_it_thaws(t *testing.T) {
	for name, d := range map[string]proxy.Direction{
		"to server": proxy.ToServer, "to client": proxy.ToClient, "both": proxy.Both,
	} {
		t.Run(name, func(t *testing.T) {
			p, conn := start(t)
			p.Freeze(d)
			send(t, conn, "hello")
			silent(t, conn)
			later := dial(t, p) // accepted, as silent
			send(t, later, "later")
			silent(t, later)

			p.Thaw(d)
			receive(t, conn, "hello")
			receive(t, later, "later")
		})
	}
}

func TestConn_faults_leave_other_connections_alone(t *testing.T) {
	p, first := start(t)
	send(t, first, "a")
	receive(t, first, "a")
	second := dial(t, p)
	send(t, second, "b")
	receive(t, second, "b")

	p.Conns()[0].Freeze(proxy.Both)
	send(t, first, "a")
	send(t, second, "b")
	receive(t, second, "b")
	silent(t, first)
	is.New(t).Equal(p.Conns()[1].Passed(proxy.ToServer), int64(2))
}

func TestProxy_resets(t *testing.T) {
	p, conn := start(t)
	send(t, conn, "hello")
	receive(t, conn, "hello")
	p.Reset()
	_, err := conn.Read(make([]byte, 1))
	is.New(t).True(errors.Is(err, syscall.ECONNRESET))
	again := dial(t, p)
	send(t, again, "hello")
	receive(t, again, "hello")
	is.New(t).Equal(p.Accepted(), 2)
}

func TestProxy_hangs_up(t *testing.T) {
	p, conn := start(t)
	send(t, conn, "hello")
	receive(t, conn, "hello")
	p.Hangup()
	_, err := conn.Read(make([]byte, 1))
	is.New(t).Equal(err, io.EOF)
}

func TestProxy_cuts_after_n_bytes(t *testing.T) {
	p, conn := start(t)
	p.CutAfter(proxy.ToClient, 3)
	send(t, conn, "hello")
	got, err := io.ReadAll(conn)
	is.New(t).NoErr(err)
	is.New(t).Equal(string(got), "hel")
}

func TestProxy_refuses_until_it_passes(t *testing.T) {
	is := is.New(t)
	p, conn := start(t)
	send(t, conn, "accepted")
	receive(t, conn, "accepted")
	p.Refuse()
	_, err := net.Dial("tcp", p.Addr())
	is.True(errors.Is(err, syscall.ECONNREFUSED))
	send(t, conn, "still open")
	receive(t, conn, "still open")

	is.NoErr(p.Pass())
	again := dial(t, p)
	send(t, again, "hello")
	receive(t, again, "hello")
}

func TestProxy_is_half_open_while_frozen(t *testing.T) {
	p, conn := start(t)
	send(t, conn, "hello")
	receive(t, conn, "hello")
	p.Freeze(proxy.Both)
	is.New(t).NoErr(conn.Close())
	is.New(t).Equal(len(p.Conns()), 1) // the server's side is still there
}

func TestProxy_resets_a_client_whose_server_is_down(t *testing.T) {
	p, err := proxy.Listen("127.0.0.1:0", "127.0.0.1:1")
	is.New(t).NoErr(err)
	defer p.Close()

	conn, err := net.Dial("tcp", p.Addr()) // may see the reset already
	if err == nil {
		defer conn.Close()
		_, err = conn.Read(make([]byte, 1))
	}
	is.New(t).True(errors.Is(err, syscall.ECONNRESET))
}
