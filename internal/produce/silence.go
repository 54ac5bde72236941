package produce

import (
	"cmp"
	"context"
	"errors"
	"os"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// A connection may be dead without a sign: firewalls and load balancers forget those
// that were idle, and whatever is sent on one is swallowed. Nothing but silence shows
// it. So a request is given up, and its connection with it, well before requestTimeout,
// and sent again on a new one. A broker that is slow must not be given up for ever: it
// gets twice as long each time, up to requestTimeout, until it has answered quickly.

const (
	// firstSilence is how long an answer may take at first.
	firstSilence = 4 * time.Second
	// slowestLink is how many bytes a second a connection must carry at least: what is
	// sent must have arrived before it can be answered.
	slowestLink = 128 << 10
)

// anyBroker stands for all brokers, of which one is to answer.
const anyBroker int32 = -1

// controller stands for the one that creates topics.
const controller int32 = -2

// silences are how long brokers may be silent, where that is not firstSilence.
type silences struct{ brokers[time.Duration] }

// allowed is how long a broker may be silent, at most limit.
func (s *silences) allowed(broker int32, limit time.Duration) time.Duration {
	return min(cmp.Or(s.known(broker), firstSilence), limit)
}

// note is called after each request, with how long the answer was waited for.
func (s *silences) note(broker int32, waited time.Duration, err error) {
	switch {
	case silent(err):
		s.change(broker, func(d *time.Duration) { *d = min(2*cmp.Or(*d, firstSilence), time.Hour) })
	case err == nil && waited < firstSilence/2:
		s.change(broker, func(d *time.Duration) { *d = 0 })
	}
}

// silent reports whether an error is that of a request which took longer than it may.
func silent(err error) bool {
	var timeout *wire.TimeoutError
	if errors.As(err, &timeout) {
		return timeout.Why == nil
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

// silence is how long a broker may be silent. The last attempt that is allowed has all of
// requestTimeout: a broker that pauses for a moment must not use up all of them.
func (p *Producer) silence(broker int32, last bool) time.Duration {
	if last {
		return p.cfg.RequestTimeout
	}
	return p.silences.allowed(broker, p.cfg.RequestTimeout)
}

// question runs something that any broker answers, for as long as one may be silent.
func (p *Producer) question(ctx context.Context, last bool, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, p.silence(anyBroker, last))
	defer cancel()
	began := time.Now()
	err := ask(ctx)
	p.silences.note(anyBroker, time.Since(began), err)
	return err
}
