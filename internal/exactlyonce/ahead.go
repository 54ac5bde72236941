package exactlyonce

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/transact"
)

// Partitions must be in a transaction before they are written to, which is a request more
// for each transaction, and an answer that waits for the end of the one before. Where Sends
// follow each other closely, the partitions that the last two had are added to the next
// transaction while this one is written. Until something is written in it, no consumer
// waits for it.

const (
	// soon is how closely a Send must follow the last one.
	soon = 100 * time.Millisecond
	// idle is how long a transaction waits for the Send that it is for. The coordinator counts
	// that to its time, which must still be enough for the Send.
	idle = 2 * time.Second
)

// ahead is a transaction that is begun before there is something to write in it. Its session
// is its own until done is closed.
type ahead struct {
	session *transact.Session
	began   time.Time
	claimed context.Context    // ends when the Send has come
	claim   context.CancelFunc // ends claimed
	done    chan struct{}      // closed when the transaction may be used, or is over
	err     error              // why it may still be open, set before done
}

// begin adds partitions to the next transaction, which ends if no Send takes it in time, and
// when open ends.
func (l *lane) begin(open context.Context, partitions []message.TopicPartition) {
	if len(partitions) == 0 || l.ahead != nil || !l.settled() {
		return
	}
	a := &ahead{session: l.Session, began: time.Now(), done: make(chan struct{})}
	a.claimed, a.claim = context.WithCancel(context.Background())
	l.ahead = a
	go a.run(open, partitions)
}

func (a *ahead) run(open context.Context, partitions []message.TopicPartition) {
	defer close(a.done)
	adding, cancel := context.WithTimeout(open, idle)
	err := a.session.Add(adding, partitions) // the Send adds again what is missing, and says why it can't
	cancel()
	if err == nil && a.wanted(open) {
		return
	}
	// Until the coordinator answers: if it ended the transaction by itself, it would fence
	// this process.
	ending, cancel := lasting(open, moment)
	defer cancel()
	a.err = a.session.Drop(ending)
}

// wanted waits for the Send, and reports whether it has come in time.
func (a *ahead) wanted(open context.Context) bool {
	timer := time.NewTimer(idle - time.Since(a.began))
	defer timer.Stop()
	select {
	case <-a.claimed.Done():
		return time.Since(a.began) < idle // it isn't where the process was frozen
	case <-timer.C:
	case <-open.Done():
	}
	return false
}

// lasting returns a context that ends some time after another one.
func lasting(open context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	stop := context.AfterFunc(open, func() { time.AfterFunc(d, cancel) })
	return ctx, func() {
		stop()
		cancel()
	}
}

// take takes what was begun ahead for the transaction that begins now. Nothing is written in
// it, so that no progress is to be read if its state is not known.
func (l *lane) take(ctx context.Context) error {
	if l.ahead == nil {
		return nil
	}
	l.ahead.claim()
	select {
	case <-l.ahead.done:
	case <-ctx.Done():
		return fmt.Errorf("wait until a transaction of %q can begin: %w", l.ID(), context.Cause(ctx))
	}
	unclear := l.ahead.err != nil || l.Unclear()
	l.ahead, l.astray = nil, unclear
	if !unclear {
		return nil
	}
	if err := l.Drop(ctx); err != nil {
		return err
	}
	if err := l.fence(ctx); err != nil {
		return err
	}
	l.astray = false
	return nil
}

// forgo ends what was begun ahead.
func (l *lane) forgo(ctx context.Context) error {
	if l.ahead == nil {
		return nil
	}
	if err := l.take(ctx); err != nil {
		return err
	}
	l.astray = true
	if err := l.Drop(ctx); err != nil {
		return err
	}
	l.astray = false
	return nil
}

// forgoTaken ends what was begun ahead for a Send that ended before it was there: nobody else
// does.
func (w *Writer) forgoTaken(ctx context.Context) error {
	for _, l := range w.lanes {
		if l.ahead == nil || l.ahead.claimed.Err() == nil {
			continue
		}
		if err := l.forgo(ctx); err != nil {
			return err
		}
	}
	return nil
}

// beginNext is called with the partitions of a transaction when they are added.
func (w *Writer) beginNext(partitions []message.TopicPartition) {
	if !w.quick {
		return
	}
	partitions = slices.Clone(partitions)
	if w.cfg.Shared { // progress is added later
		partitions = append(partitions, message.TopicPartition{Topic: w.cfg.Topic})
	}
	next := w.lanes[1-w.turn]
	next.begin(w.open, slices.DeleteFunc(partitions, func(p message.TopicPartition) bool { return !next.to[p] }))
}

// leave waits until what was begun ahead is over, once the writer is closed, or for ctx.
func (l *lane) leave(ctx context.Context) {
	if l.ahead == nil {
		return
	}
	select {
	case <-l.ahead.done:
	case <-ctx.Done():
	}
}
