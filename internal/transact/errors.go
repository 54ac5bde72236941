package transact

import (
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"
)

// FencedError says that another producer has begun to use the transactional ID, or that the
// coordinator has aborted a transaction that was open for too long. The session is at its
// end: it asks nothing any more, as that might abort what the other producer writes.
type FencedError struct {
	ID  string
	Err error // the broker's answer
}

func (e *FencedError) Error() string {
	return fmt.Sprintf("transactional ID %q is in use by another process now, or this one stood still for longer than a transaction may last: %v: if two processes run at the same time, give each its own transactionalID", e.ID, e.Err)
}

func (e *FencedError) Unwrap() error { return e.Err }

// Fences reports whether an error is the one that a fenced producer gets.
func Fences(err error) bool {
	return errors.Is(err, kafkago.ProducerFenced) || errors.Is(err, kafkago.InvalidProducerEpoch)
}

// ErrNotOpen says that the coordinator knows of no open transaction: it was aborted.
var ErrNotOpen = errors.New("the coordinator has aborted the transaction")

// fence ends the session.
func (s *Session) fence(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fenced == nil {
		s.fenced = &FencedError{ID: s.cfg.ID, Err: err}
		call(s.cfg.Hooks.Fenced)
	}
	return s.fenced
}

// Fence ends the session after a broker has answered err to what was sent to it, if that
// shows that the producer is fenced. It returns err otherwise.
func (s *Session) Fence(err error) error {
	if !Fences(err) {
		return err
	}
	return s.fence(err)
}
