package wire

import (
	"time"

	"github.com/segmentio/kafka-go/protocol"
)

// Hooks are called with what is worth counting. They must be quick, and may be nil.
type Hooks struct {
	// Dialled is called with the outcome of each attempt to connect.
	Dialled func(err error)
	// Reached is called for each stage of an attempt to connect, from the goroutine
	// that dials.
	Reached func(stage Stage)
	// Answered is called once for each request: err is nil if an answer came, even one
	// with an error code. For a request without an answer (acks none) it reports the
	// sending.
	Answered func(key protocol.ApiKey, took time.Duration, err error)
	// Throttled is called with the pause that a broker's answer asks for, because a quota
	// is used up. It is not called for Produce.
	Throttled func(pause time.Duration)
}

// Stage is how far an attempt to connect has come.
type Stage int

// The stages, in order. Secured and Authenticated are left out where they aren't
// asked for.
const (
	Connected     Stage = iota + 1 // by TCP
	Secured                        // by TLS
	Greeted                        // the API versions are known
	Authenticated                  // by SASL
)

func (h Hooks) reached(stage Stage) {
	if h.Reached != nil {
		h.Reached(stage)
	}
}

func (h Hooks) dialled(err error) {
	if h.Dialled != nil {
		h.Dialled(err)
	}
}

func (h Hooks) throttled(pause time.Duration) {
	if h.Throttled != nil {
		h.Throttled(pause)
	}
}

func (h Hooks) answered(key protocol.ApiKey, start time.Time, err error) {
	if h.Answered != nil {
		h.Answered(key, time.Since(start), err)
	}
}
