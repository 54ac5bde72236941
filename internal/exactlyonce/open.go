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
	if err := w.fence(asking); err != nil {
		return err
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

// begin gets a new epoch and reads what earlier transactions have written, or writes again
// what has disappeared of it.
func (w *Writer) begin(ctx context.Context) error {
	if err := w.fence(ctx); err != nil {
		return err
	}
	if w.lost.Load() {
		return w.heal(ctx)
	}
	return w.topic.Read(ctx, w.table)
}

// fence gets a new epoch, so that nothing of earlier transactions is under way any more.
func (w *Writer) fence(ctx context.Context) error {
	if err := w.session.Begin(ctx); err != nil {
		return err
	}
	w.producer.Continue(w.session.Producer())
	return w.wrote.shut(ctx, w.cfg.Produce.Warn)
}
