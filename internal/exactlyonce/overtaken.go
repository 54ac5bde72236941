package exactlyonce

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Two processes may write the same records: one that has lost a partition, to which they were
// handed out before, and the one that has it now. The topic of progress has one log, which
// says whose progress comes first. A transaction may be committed if nobody has written the
// same partitions between what is known and its own progress, and nobody may yet: of two that
// are open at once the second waits for the end of the first. This needs nothing of the
// source's cluster, and a process may stand still anywhere in between.

// errOvertaken says that a transaction is to be aborted, and its records to be compared with
// what was written meanwhile.
var errOvertaken = errors.New("another process writes records of the same partitions")

// firstTimeout is how long a transaction stays open, and consumers wait for its end, while
// another process has one open that began before.
const firstTimeout = time.Second

// first returns errOvertaken unless the progress of the open transaction comes first.
func (w *Writer) first(ctx context.Context) error {
	if !w.cfg.Shared {
		return nil
	}
	at := w.lanes[w.turn].progressAt()
	if at == unknown {
		return fmt.Errorf("%w, or not: the broker did not say where it wrote progress", errOvertaken)
	}
	waiting, cancel := context.WithTimeout(ctx, firstTimeout)
	defer cancel()
	if err := w.topic.ReadBefore(waiting, at, w.table); err != nil {
		if waiting.Err() != nil && ctx.Err() == nil {
			return fmt.Errorf("%w, or may do so: %w", errOvertaken, err)
		}
		return err
	}
	if w.table.Overtaken() {
		return errOvertaken
	}
	return nil
}
