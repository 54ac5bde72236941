package group

import (
	"errors"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
)

// Answers that kafka-go's own types get wrong: these have the error code before
// the throttle time, where versions 1 and later have it after, and so never see a
// rebalance.

// heartbeatError reads the error code of a heartbeat response.
func heartbeatError(frame []byte, version int16) error {
	const firstFlexible = 4
	r, code := codeOf(frame, version, firstFlexible)
	if version >= firstFlexible {
		r.Tags()
	}
	return judge(r, code)
}

// leaveError reads the error code of a response to one member that leaves.
func leaveError(frame []byte, version int16) error {
	const firstFlexible = 4
	r, code := codeOf(frame, version, firstFlexible)
	switch {
	case version >= firstFlexible:
		for n := r.Uvarint(); n > 1 && r.Err() == nil; n-- {
			r.Take(max(int(r.Uvarint())-1, 0)) // member ID
			r.Take(max(int(r.Uvarint())-1, 0)) // instance ID
			code = first(code, r.Int16())
			r.Tags()
		}
		r.Tags()
	case version >= 3:
		for range r.Count(minItem) {
			r.Take(max(int(r.Int16()), 0))
			r.Take(max(int(r.Int16()), 0))
			code = first(code, r.Int16())
		}
	}
	return judge(r, code)
}

// codeOf reads up to the error code of a response.
func codeOf(frame []byte, version, firstFlexible int16) (*primitive.Reader, int16) {
	r := primitive.NewReader(frame)
	r.Take(8) // size, correlation ID
	if version >= firstFlexible {
		r.Tags()
	}
	if version >= 1 {
		r.Int32() // throttle time
	}
	return r, r.Int16()
}

func first(a, b int16) int16 {
	if a != 0 {
		return a
	}
	return b
}

func judge(r *primitive.Reader, code int16) error {
	if err := finished(r); err != nil {
		return err
	}
	return cluster.CodeError(code)
}

// finished returns an error if an answer is not read, or not to its end.
func finished(r *primitive.Reader) error {
	if r.Err() == nil && r.Len() > 0 {
		return errors.New("something follows the end of the answer")
	}
	return r.Err()
}
