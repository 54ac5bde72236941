package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/findcoordinator"
	"github.com/segmentio/kafka-go/protocol/heartbeat"
	"github.com/segmentio/kafka-go/protocol/metadata"
	"github.com/segmentio/kafka-go/protocol/offsetcommit"
	"github.com/segmentio/kafka-go/protocol/produce"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// throttled asks for a coordinator and gets an answer that asks for a pause.
func throttled(t *testing.T, c *Conn, broker net.Conn, pause time.Duration) {
	t.Helper()
	c.offered[protocol.FindCoordinator] = versions{0, 2}
	done := make(chan error)
	go func() {
		_, err := c.RoundTrip(context.Background(), &findcoordinator.Request{Key: "g"})
		done <- err
	}()
	id := request(t, broker)
	res := kmsg.NewPtrFindCoordinatorResponse()
	res.Version, res.ThrottleMillis = 2, int32(pause.Milliseconds())
	frame := res.AppendTo(make([]byte, 8))
	binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
	binary.BigEndian.PutUint32(frame[4:], id)
	_, _ = broker.Write(frame)
	is.New(t).NoErr(<-done)
}

func TestIsQuietForAsLongAsTheBrokerAsksFor(t *testing.T) {
	is := is.New(t)
	c, broker := pair(t, time.Minute)
	const pause = 150 * time.Millisecond
	throttled(t, c, broker, pause)
	since := time.Now()
	done := make(chan error)
	go func() {
		_, err := c.RoundTrip(context.Background(), &heartbeat.Request{})
		done <- err
	}()
	answer(broker, request(t, broker), 0)
	is.NoErr(<-done)
	is.True(time.Since(since) > pause/2) // not before
}

func TestAPauseEndsWithTheContextOrTheConnection(t *testing.T) {
	is := is.New(t)
	c, broker := pair(t, time.Minute)
	throttled(t, c, broker, time.Hour)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err := c.RoundTrip(ctx, &heartbeat.Request{})
	is.True(errors.Is(err, context.DeadlineExceeded))
	is.True(strings.Contains(err.Error(), "quota"))
	is.NoErr(c.Close())
	_, err = c.RoundTrip(context.Background(), &heartbeat.Request{})
	is.True(errors.Is(err, ErrClosed))
}

// Quota windows may be long. A request that is sent before the end runs into its timeout.
func TestAPauseIsKeptToHoweverLongItIs(t *testing.T) {
	is := is.New(t)
	c, broker := pair(t, time.Minute)
	throttled(t, c, broker, 24*time.Hour)
	c.mu.Lock()
	left := time.Until(c.quietUntil)
	c.mu.Unlock()
	is.True(left > 23*time.Hour)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		_, err := c.RoundTrip(ctx, &heartbeat.Request{})
		done <- err
	}()
	cancel()
	is.True(errors.Is(<-done, context.Canceled))
}

func TestFindsThePauseInEachKindOfAnswer(t *testing.T) {
	is := is.New(t)
	for _, res := range []protocol.Message{
		&produce.Response{ThrottleTimeMs: 7}, &offsetcommit.Response{ThrottleTimeMs: 7}, &metadata.Response{ThrottleTimeMs: 7},
	} {
		is.Equal(throttleTime(res), 7*time.Millisecond)
	}
	is.Equal(throttleTime(&heartbeat.Response{ThrottleTimeMs: 7}), time.Duration(0)) // the wrong field
}
