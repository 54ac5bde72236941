package wire

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/heartbeat"
	"github.com/segmentio/kafka-go/protocol/produce"
)

func TestTellsOfEachRequestOnce(t *testing.T) {
	is := is.New(t)
	type outcome struct {
		key  protocol.ApiKey
		took time.Duration
		err  error
	}
	var got []outcome
	c, broker := pair(t, 20*time.Millisecond)
	c.offered[protocol.Produce] = versions{0, 3}
	c.hooks = Hooks{Answered: func(key protocol.ApiKey, took time.Duration, err error) { got = append(got, outcome{key, took, err}) }}
	go func() {
		answer(broker, request(t, broker), 27) // an error of Kafka's is an answer
		request(t, broker)                     // a produce request without acks has none
		_, _ = io.Copy(io.Discard, broker)
	}()

	_, err := c.RoundTrip(context.Background(), &heartbeat.Request{})
	is.NoErr(err)
	_, err = c.RoundTrip(context.Background(), &produce.Request{Acks: 0})
	is.NoErr(err)
	_, err = c.RoundTrip(context.Background(), &heartbeat.Request{})
	var timeout *TimeoutError
	is.True(errors.As(err, &timeout))

	is.Equal(len(got), 3)
	is.Equal(got[0].key, protocol.Heartbeat)
	is.NoErr(got[0].err)
	is.True(got[0].took > 0)
	is.Equal(got[1].key, protocol.Produce)
	is.NoErr(got[1].err)
	is.True(errors.Is(got[2].err, err))
}

func TestTellsOfEachAttemptToConnect(t *testing.T) {
	is := is.New(t)
	var got []error
	_, err := Dial(context.Background(), "127.0.0.1:1", Config{
		DialTimeout: time.Minute, RequestTimeout: time.Minute,
		Hooks: Hooks{Dialled: func(err error) { got = append(got, err) }},
	})
	is.True(err != nil)
	is.Equal(got, []error{err})
}
