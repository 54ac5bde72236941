package message

import "fmt"

// RecordError is the error of one record of a batch: it, and not those before it, is
// why the batch ended.
type RecordError struct {
	Index    int    // in the batch
	Position []byte // of the record
	Err      error
}

func (e *RecordError) Error() string {
	return fmt.Sprintf("record %d of the batch (position %q): %v", e.Index, e.Position, e.Err)
}

func (e *RecordError) Unwrap() error { return e.Err }
