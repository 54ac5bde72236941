package simulation

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"
)

// connected returns both ends of a connection from a host to a broker, whose bytes
// take 10 to 20 ms.
func connected(t *testing.T) (n *Network, client, broker net.Conn) {
	t.Helper()
	is := is.New(t)
	n = NewNetwork(1, 20*time.Millisecond)
	l, err := n.Listen("tcp", "broker:1")
	is.NoErr(err)
	client, err = n.Host("host").Dial(t.Context(), "tcp", "broker:1")
	is.NoErr(err)
	broker, err = l.Accept()
	is.NoErr(err)
	return n, client, broker
}

func TestPipeCarriesBytesAfterTheLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		_, client, broker := connected(t)
		begun := time.Now()
		_, err := client.Write([]byte("request"))
		is.NoErr(err)
		_, err = client.Write([]byte(" more"))
		is.NoErr(err)
		is.Equal(time.Since(begun), time.Duration(0))
		got := make([]byte, 12)
		_, err = io.ReadFull(broker, got)
		is.NoErr(err)
		is.Equal(string(got), "request more")
		took := time.Since(begun)
		is.True(took >= 10*time.Millisecond && took <= 20*time.Millisecond)
	})
}

func TestPipeDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		_, client, _ := connected(t)
		is.NoErr(client.SetDeadline(time.Now().Add(time.Second)))
		_, err := client.Read(make([]byte, 1))
		is.True(errors.Is(err, os.ErrDeadlineExceeded))
		is.NoErr(client.SetReadDeadline(time.Time{}))
		go func() {
			time.Sleep(time.Minute)
			is.NoErr(client.SetReadDeadline(time.Now().Add(-time.Second)))
		}()
		begun := time.Now()
		_, err = client.Read(make([]byte, 1)) // which waits already
		is.True(errors.Is(err, os.ErrDeadlineExceeded))
		is.Equal(time.Since(begun), time.Minute)
	})
}

func TestPipeHoldsAWriterBackWhereNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		_, client, broker := connected(t)
		_, err := client.Write(make([]byte, window+1))
		is.NoErr(err)
		is.NoErr(client.SetWriteDeadline(time.Now().Add(time.Second)))
		_, err = client.Write([]byte("x"))
		is.True(errors.Is(err, os.ErrDeadlineExceeded))
		is.NoErr(client.SetWriteDeadline(time.Time{}))
		go func() {
			time.Sleep(time.Minute)
			_, _ = io.CopyN(io.Discard, broker, 2)
		}()
		begun := time.Now()
		_, err = client.Write([]byte("x"))
		is.NoErr(err)
		is.Equal(time.Since(begun), time.Minute)
	})
}

func TestPipeCloseLetsWhatIsOnItsWayArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		_, client, broker := connected(t)
		_, err := client.Write([]byte("last words"))
		is.NoErr(err)
		is.NoErr(client.Close())
		got, err := io.ReadAll(broker)
		is.NoErr(err)
		is.Equal(string(got), "last words")
		_, err = client.Read(make([]byte, 1))
		is.True(errors.Is(err, net.ErrClosed))
		_, err = client.Write([]byte("x"))
		is.True(errors.Is(err, net.ErrClosed))
	})
}

func TestPipeResetEndsBothEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		n, client, broker := connected(t)
		_, err := client.Write([]byte("lost"))
		is.NoErr(err)
		n.Links()[0].reset()
		_, err = broker.Read(make([]byte, 1))
		is.True(errors.Is(err, errReset))
		_, err = client.Read(make([]byte, 1))
		is.True(errors.Is(err, errReset))
		is.Equal(len(n.Links()), 0)
	})
}

func TestPipeIsCutInTheMiddleOfAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		n, client, broker := connected(t)
		l := n.Links()[0]
		l.client.in.cutIn(3, l.reset)
		_, err := broker.Write([]byte("answer"))
		is.NoErr(err)
		_, err = io.ReadFull(client, make([]byte, 6))
		is.True(errors.Is(err, errReset))
	})
}

func TestPipeFreezes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		n, client, broker := connected(t)
		n.Freeze("broker:1", time.Minute, false)
		begun := time.Now()
		again, err := n.Host("other").Dial(t.Context(), "tcp", "broker:1")
		is.NoErr(err) // the system takes the connection
		is.True(time.Since(begun) < time.Second)
		_, err = client.Write([]byte("x"))
		is.NoErr(err)
		is.NoErr(again.Close())
		_, err = broker.Read(make([]byte, 1))
		is.NoErr(err)
		is.Equal(time.Since(begun), time.Minute)
	})
}

func TestHostThatIsKilledReachesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		is := is.New(t)
		n, client, broker := connected(t)
		_, err := client.Write(bytes.Repeat([]byte("x"), 10))
		is.NoErr(err)
		h := n.Links()[0].host
		h.Kill()
		_, err = broker.Read(make([]byte, 1))
		is.True(errors.Is(err, errReset))
		_, err = h.Dial(t.Context(), "tcp", "broker:1")
		is.True(errors.Is(err, errRefused))
	})
}
