package limits_test

import (
	"context"
	"strings"
	"testing"
	"time"

	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// stoppedWriter is a destination that is to be stopped in some state.
type stoppedWriter struct {
	*world
	ctx context.Context
	dst sdk.Destination
}

// destinationState is a state, and how a destination gets into it. It has a Write that
// runs.
type destinationState struct {
	settings settings
	secure   bool
	before   func(w *stoppedWriter) // it is opened
	after    func(w *stoppedWriter) // it has been opened, and has written
	writes   int                    // at the same time, beside the one that runs
}

var destinationStates = map[string]destinationState{
	"opening, brokers refuse connections": {before: func(w *stoppedWriter) { w.down() }},
	"opening, brokers are frozen":         {before: func(w *stoppedWriter) { w.freeze() }},
	"opening, brokers are unplugged":      {before: func(w *stoppedWriter) { w.unplug() }},
	"opening, no metadata":                {before: func(w *stoppedWriter) { w.silence(kmsg.Metadata) }},
	"opening, no producer ID":             {before: func(w *stoppedWriter) { w.silence(kmsg.InitProducerID) }},
	"opening, no controller":              {settings: settings{"topic": "new"}, before: func(w *stoppedWriter) { w.silence(kmsg.CreateTopics) }},
	"opening, refused":                    {before: func(w *stoppedWriter) { w.refuse(29, kmsg.InitProducerID) }},
	"opening, no login":                   {secure: true, before: func(w *stoppedWriter) { w.silence(kmsg.SASLAuthenticate) }},
	"writing":                             {},
	"writing, others wait":                {after: func(w *stoppedWriter) { w.silence(kmsg.Produce) }, writes: 3},
	"writing, no answer":                  {after: func(w *stoppedWriter) { w.silence(kmsg.Produce) }},
	"writing without sequences":           {settings: settings{"idempotent": "false"}, after: func(w *stoppedWriter) { w.silence(kmsg.Produce) }},
	"writing, no acknowledgements":        {settings: settings{"acks": "none"}, after: func(w *stoppedWriter) { w.freeze() }},
	"backing off":                         {after: func(w *stoppedWriter) { w.refuse(7, kmsg.Produce) }},
	"backing off, too few replicas":       {after: func(w *stoppedWriter) { w.refuse(19, kmsg.Produce) }},
	"looking for leaders":                 {after: func(w *stoppedWriter) { w.refuse(6, kmsg.Produce); w.silence(kmsg.Metadata) }},
	"looking for a topic":                 {settings: settings{"topic": "{{ .Operation }}"}, after: func(w *stoppedWriter) { w.silence(kmsg.Metadata) }},
	"creating a topic":                    {settings: settings{"topic": "{{ .Operation }}"}, before: func(w *stoppedWriter) { w.silence(kmsg.CreateTopics) }},
	"throttled": {after: func(w *stoppedWriter) {
		w.answer(func(req kmsg.Request) kmsg.Response {
			res := embedded.Refusal(req, 7).(*kmsg.ProduceResponse)
			res.ThrottleMillis = int32(time.Hour.Milliseconds())
			return res
		}, kmsg.Produce)
	}},
	"brokers refuse connections": {after: func(w *stoppedWriter) { w.down() }},
	"brokers are frozen":         {after: func(w *stoppedWriter) { w.freeze() }},
	"brokers are unplugged":      {after: func(w *stoppedWriter) { w.unplug() }},
	"without a limit": {
		settings: settings{"deliveryTimeout": "0s", "outageTimeout": "0s"}, after: func(w *stoppedWriter) { w.freeze() },
	},
	"authenticating again": {secure: true, after: func(w *stoppedWriter) { w.silence(kmsg.SASLAuthenticate) }},
	"authenticating again, in mid-write": {
		secure: true, after: func(w *stoppedWriter) { w.silence(kmsg.SASLAuthenticate, kmsg.Produce) },
	},
}

func TestDestinationStopsInTimeInEachState(t *testing.T) {
	stopInEach(t, destinationStates)
}

func (c destinationState) stop(t *testing.T, name string, forced bool) {
	is := is.New(t)
	w := &stoppedWriter{world: newWorld(t)}
	if c.secure {
		w.admit(6 * time.Second)
	}
	w.ctx, w.dst = w.destination("destination", c.settings)
	if c.before != nil {
		c.before(w)
	}
	opening := start(func() error { return w.dst.Open(w.ctx) })
	write := func() error {
		<-opening.done
		if opening.err != nil {
			return nil
		}
		for {
			if _, err := w.dst.Write(w.ctx, numbered(records)); err != nil {
				return err
			}
			time.Sleep(time.Second)
		}
	}
	if c.after != nil {
		is.NoErr(opening.within(time.Minute))
		if c.settings["topic"] == "" {
			_, err := w.dst.Write(w.ctx, numbered(records))
			is.NoErr(err)
		}
		c.after(w)
	} else {
		time.Sleep(3 * time.Second)
	}
	calls := map[string]*call{"Open": opening, "Write": start(write)}
	for i := range c.writes {
		calls["Write "+string(rune('1'+i))] = start(write)
	}
	if running := opening.running(); running != strings.HasPrefix(name, "opening") {
		t.Fatalf("Open runs: %v, %v", running, opening.err)
	} else if !running {
		time.Sleep(5 * time.Second)
	}
	is.NoErr(stopInTime(w.ctx, t, forced, w.dst.Teardown, calls))
	n, err := w.dst.Write(w.ctx, numbered(1)) // too late
	is.Equal(n, 0)
	is.True(opening.err != nil || err != nil)
}
