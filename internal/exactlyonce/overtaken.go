package exactlyonce

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/progress"
)

// Two processes may write the same records: one that has lost a partition, to which they were
// handed out before, and the one that has it now. The topic of progress has one log, which
// says whose progress comes first. A transaction may be committed if nobody has written the
// same partitions between what is known and its own progress, and nobody may yet: of two that
// are open at once the second waits for the end of the first. This needs nothing of the
// source's cluster, and a process may stand still anywhere in between.

// errOvertaken says that a transaction is to be aborted, and its records to be compared with
// what was written meanwhile.
var errOvertaken = errors.New("what other processes have written must be known first")

// firstTimeout is how long a transaction stays open, and consumers wait for its end, while
// another process has one open that began before. It doubles with each attempt of a Send, so
// that one whose transactions take longer does not keep all others from theirs.
const firstTimeout = time.Second

// first returns errOvertaken unless the progress of the open transaction comes first.
func (w *Writer) first(ctx context.Context) error {
	if !w.cfg.Shared {
		return nil
	}
	at, known := w.lanes[w.turn].progressAt()
	if !known {
		return fmt.Errorf("%w: the broker did not say where it wrote progress", errOvertaken)
	}
	waiting, cancel := context.WithTimeout(ctx, w.patience)
	defer cancel()
	w.patience *= 2
	err := w.topic.ReadBefore(waiting, at, w.table)
	switch {
	case errors.Is(err, progress.ErrGone):
		w.lost.Store(true)
		return fmt.Errorf("%w: %w", errOvertaken, err)
	case err != nil && waiting.Err() != nil && ctx.Err() == nil:
		return fmt.Errorf("%w: %w", errOvertaken, err)
	case err != nil:
		return err
	case w.table.Overtaken():
		return fmt.Errorf("%w: one has written records of the same partitions", errOvertaken)
	}
	return nil
}
