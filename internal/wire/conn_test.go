package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/heartbeat"
	"github.com/segmentio/kafka-go/protocol/metadata"
	"go.uber.org/goleak"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair returns a connection and the broker's end of it.
func pair(t *testing.T, timeout time.Duration) (*Conn, net.Conn) {
	t.Helper()
	ours, theirs := net.Pipe()
	c := newConn(ours, "broker:9092", Config{ClientID: "test", RequestTimeout: timeout}, security{})
	c.offered = map[protocol.ApiKey]versions{protocol.Metadata: {0, 1}, protocol.Heartbeat: {0, 0}}
	t.Cleanup(func() { c.Close(); theirs.Close() })
	return c, theirs
}

// request reads one request and returns its correlation ID.
func request(t *testing.T, broker net.Conn) uint32 {
	t.Helper()
	var size [4]byte
	_, err := io.ReadFull(broker, size[:])
	is.New(t).NoErr(err)
	b := make([]byte, binary.BigEndian.Uint32(size[:]))
	_, err = io.ReadFull(broker, b)
	is.New(t).NoErr(err)
	return binary.BigEndian.Uint32(b[4:])
}

// answer writes the response to a heartbeat, version 0.
func answer(broker net.Conn, id uint32, code uint16) {
	b := binary.BigEndian.AppendUint32(nil, 6)
	b = binary.BigEndian.AppendUint32(b, id)
	_, _ = broker.Write(binary.BigEndian.AppendUint16(b, code))
}

func TestAnswersRequestsInTheOrderOfWriting(t *testing.T) {
	is := is.New(t)
	c, broker := pair(t, time.Minute)
	const n = 10
	codes := make(chan int16, n)
	for range n {
		go func() {
			res, err := c.RoundTrip(context.Background(), &heartbeat.Request{})
			if err != nil {
				codes <- -1
				return
			}
			codes <- res.(*heartbeat.Response).ErrorCode
		}()
	}
	var ids []uint32
	for range n {
		ids = append(ids, request(t, broker)) // all are in flight before the first is answered
	}
	sum := 0
	for i, id := range ids {
		answer(broker, id, uint16(i))
	}
	for range n {
		sum += int(<-codes)
	}
	is.Equal(sum, n*(n-1)/2)
}

func TestACancelledRequestLeavesTheConnectionAlive(t *testing.T) {
	is := is.New(t)
	c, broker := pair(t, time.Minute)
	ctx, cancel := context.WithCancel(context.Background())
	failed := make(chan error)
	go func() {
		_, err := c.RoundTrip(ctx, &heartbeat.Request{})
		failed <- err
	}()
	first := request(t, broker)
	cancel()
	is.True(errors.Is(<-failed, context.Canceled))

	go func() {
		_, err := c.RoundTrip(context.Background(), &heartbeat.Request{})
		failed <- err
	}()
	second := request(t, broker)
	answer(broker, first, 0) // late: thrown away
	answer(broker, second, 0)
	is.NoErr(<-failed)
}

func TestABrokerThatDoesNotAnswerIsLeft(t *testing.T) {
	is := is.New(t)
	c, broker := pair(t, time.Second) // in which a busy machine writes the request
	go io.Copy(io.Discard, broker)
	_, err := c.RoundTrip(context.Background(), &heartbeat.Request{})
	t.Log(err)
	var timeout *TimeoutError
	is.True(errors.As(err, &timeout))
	expect.Error(t, err, "broker:9092")
	<-c.Dead()
	_, err = c.RoundTrip(context.Background(), &heartbeat.Request{})
	is.True(errors.As(err, &timeout)) // a dead connection says why
}

func TestABrokerThatDoesNotReadIsLeft(t *testing.T) {
	is := is.New(t)
	c, _ := pair(t, 20*time.Millisecond)
	_, err := c.RoundTrip(context.Background(), &metadata.Request{TopicNames: []string{"t"}})
	t.Log(err)
	is.True(err != nil)
	<-c.Dead()
}

func TestAnswersThatCannotBeAreErrors(t *testing.T) {
	for name, b := range map[string][]byte{
		"wrong correlation ID": {0, 0, 0, 6, 9, 9, 9, 9, 0, 0},
		"negative size":        {255, 255, 255, 255},
		"absurd size":          {127, 255, 255, 255},
		"too short for an ID":  {0, 0, 0, 2, 0, 0},
		"TLS alert":            {0x15, 3, 3, 0, 2, 2, 80},
		"HTTP":                 []byte("HTTP/1.1 400 Bad Request\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			c, broker := pair(t, time.Minute)
			go func() {
				request(t, broker)
				_, _ = broker.Write(b)
			}()
			_, err := c.RoundTrip(context.Background(), &heartbeat.Request{})
			t.Log(err)
			is.True(err != nil)
			<-c.Dead()
		})
	}
}

func TestARequestThatTheBrokerDoesNotKnowIsNotSent(t *testing.T) {
	is := is.New(t)
	c, _ := pair(t, time.Minute)
	delete(c.offered, protocol.Heartbeat)
	_, err := c.RoundTrip(context.Background(), &heartbeat.Request{})
	var unsupported *UnsupportedError
	is.True(errors.As(err, &unsupported))
}

func TestCloseEndsRequestsInFlight(t *testing.T) {
	is := is.New(t)
	c, broker := pair(t, time.Minute)
	failed := make(chan error)
	go func() {
		_, err := c.RoundTrip(context.Background(), &heartbeat.Request{})
		failed <- err
	}()
	request(t, broker)
	is.NoErr(c.Close())
	is.True(errors.Is(<-failed, ErrClosed))
}

// The reader learns first why the broker hung up, as by a TLS alert.
func TestAWriteThatIsCutTellsWhyTheConnectionDied(t *testing.T) {
	is := is.New(t)
	c, broker := pair(t, time.Minute)
	failed := make(chan error, 1)
	go func() {
		_, err := c.RoundTrip(context.Background(), &heartbeat.Request{})
		failed <- err
	}()
	_, err := io.ReadFull(broker, make([]byte, 1)) // the rest is being written
	is.NoErr(err)
	alert := errors.New("certificate required")
	c.kill(alert)
	is.Equal(<-failed, alert)
}

// Whoever asked for the overdue answer has left; who asks next must not wait for it.
func TestConnIsGivenUpThoughNobodyWaitsForTheOverdueAnswer(t *testing.T) {
	is := is.New(t)
	c, broker := pair(t, 50*time.Millisecond)
	ctx, leave := context.WithCancel(context.Background())
	left := make(chan error)
	go func() {
		_, err := c.RoundTrip(ctx, &heartbeat.Request{})
		left <- err
	}()
	request(t, broker)
	leave()
	is.Equal(<-left, context.Canceled)
	time.Sleep(100 * time.Millisecond) // which is when the answer is overdue
	c.timeout = time.Hour
	_, err := c.RoundTrip(context.Background(), &heartbeat.Request{})
	var timeout *TimeoutError
	is.True(errors.As(err, &timeout))
	<-c.Dead()
}
