package exactlyonce

import (
	"context"
	"time"
)

// askTimeout is how long Open waits for brokers.
const askTimeout = 45 * time.Second

// expiry is how long coordinators may take to notice that the time of a transaction is over:
// they look every ten seconds.
const expiry = 15 * time.Second

// Open fences the former self of this writer, and reads how far that has written. It waits
// for transactions that other processes have open in the progress topic, at most until the
// coordinator ends them.
func (w *Writer) Open(ctx context.Context) error {
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if err := w.topic.Ensure(asking); err != nil {
		return err
	}
	for _, l := range w.lanes { // in this order: see lane.go
		if err := l.fence(asking); err != nil {
			return err
		}
	}
	look, err := w.topic.Watch(asking)
	if err != nil {
		return err
	}
	reading, cancel := context.WithTimeout(ctx, w.readTimeout())
	defer cancel()
	if err := w.topic.Read(reading, w.table); err != nil {
		return err
	}
	w.tasks.Go(func() { w.watch(look) })
	return nil
}

// readTimeout is as long as a transaction of another process may be open.
func (w *Writer) readTimeout() time.Duration { return w.cfg.TransactionTimeout + expiry }
