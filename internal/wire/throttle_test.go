package wire

import (
	"bytes"
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
	"github.com/twmb/franz-go/pkg/kmsg"
)

// throttledBy asks for a coordinator and gets an answer that asks for a pause.
func throttledBy(t *testing.T, c *Conn, broker net.Conn, pause time.Duration) {
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
	throttledBy(t, c, broker, pause)
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
	throttledBy(t, c, broker, time.Hour)
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
	throttledBy(t, c, broker, 24*time.Hour)
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

// Each answer is as the broker sends it, in each of its versions.
func TestFindsThePauseInEachKindOfAnswer(t *testing.T) {
	for key := range throttled {
		t.Run(kmsg.NameForKey(int16(key)), func(t *testing.T) {
			is := is.New(t)
			found := 0
			for version := range kmsg.ResponseForKey(int16(key)).MaxVersion() + 1 {
				frame, has := frameOf(int16(key), version, 7)
				got := throttleTime(key, version, frame)
				if !has {
					is.Equal(got, time.Duration(0))
					continue
				}
				found++
				is.Equal(got, 7*time.Millisecond)
				is.Equal(throttleTime(key, version, frame[:9]), time.Duration(0)) // cut off
			}
			is.True(found > 0)
		})
	}
}

// Brokers before Kafka 2.0 wait, and then answer: what they say is over.
func TestIsNotQuietForWhatABrokerHasWaitedAlready(t *testing.T) {
	for key := range throttled {
		t.Run(kmsg.NameForKey(int16(key)), func(t *testing.T) {
			is := is.New(t)
			for version := range kmsg.ResponseForKey(int16(key)).MaxVersion() + 1 {
				frame, has := frameOf(int16(key), version, 7)
				if !has {
					continue
				}
				var counted time.Duration
				c := &Conn{hooks: Hooks{Throttled: func(pause time.Duration) { counted += pause }}}
				c.throttle(&call{key: key, version: version}, frame)
				res := kmsg.ResponseForKey(int16(key))
				res.SetVersion(version)
				_, answersFirst := res.(kmsg.ThrottleResponse).Throttle()
				is.Equal(!c.quietUntil.IsZero(), answersFirst)
				is.Equal(counted, 7*time.Millisecond) // the quota slows this client down all the same
			}
		})
	}
}

// frameOf is an answer with a pause, in milliseconds, and whether its version has one.
func frameOf(key, version int16, pause int32) ([]byte, bool) {
	res := kmsg.ResponseForKey(key)
	switch res := res.(type) {
	case *kmsg.ApiVersionsResponse:
		for k := range int16(3) {
			res.ApiKeys = append(res.ApiKeys, kmsg.ApiVersionsResponseApiKey{ApiKey: k, MaxVersion: 5})
		}
	case *kmsg.InitProducerIDResponse:
		res.ProducerID = 99
	}
	res.SetVersion(0)
	res.(kmsg.SetThrottleResponse).SetThrottle(0)
	res.SetVersion(version)
	without := res.AppendTo(nil)
	res.(kmsg.SetThrottleResponse).SetThrottle(pause)
	body := res.AppendTo(nil)
	frame := make([]byte, 8)
	if res.IsFlexible() && key != int16(protocol.ApiVersions) {
		frame = append(frame, 0) // no tagged fields
	}
	return append(frame, body...), !bytes.Equal(body, without)
}

// Whoever asks reads the answer from the raw frame.
func TestKeepsThePauseOfARawAnswerAndCountsIt(t *testing.T) {
	is := is.New(t)
	c, broker := pair(t, time.Minute)
	var counted []time.Duration
	c.hooks = Hooks{Throttled: func(pause time.Duration) { counted = append(counted, pause) }}
	c.offered[protocol.Heartbeat] = versions{0, 4}
	const pause = 150 * time.Millisecond
	done := make(chan error)
	ask := func() {
		_, err := c.Frame(context.Background(), &heartbeat.Request{}, 0)
		done <- err
	}
	send := func(pause int32) {
		frame, _ := frameOf(int16(protocol.Heartbeat), 4, pause)
		binary.BigEndian.PutUint32(frame[4:], request(t, broker))
		binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
		_, _ = broker.Write(frame)
		is.NoErr(<-done)
	}
	go ask()
	send(int32(pause.Milliseconds()))
	since := time.Now()
	go ask()
	send(0)
	is.True(time.Since(since) > pause/2) // not before
	is.Equal(counted, []time.Duration{pause})
}
