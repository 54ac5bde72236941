package exactlyonce

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/progress"
	"github.com/conduitio/conduit-connector-kafka/internal/transact"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Config is how to write.
type Config struct {
	// ID is that of the destination, under which its progress is kept. Processes that share
	// the work have the same.
	ID string
	// TransactionalID is that of this process alone, as are all of [TransactionalIDs].
	TransactionalID string
	// Topic is where progress is kept.
	Topic string
	// Shared says that other processes may write to Topic, with transactional IDs of their
	// own. It costs each Send a look at that.
	Shared bool
	// ReplicationFactor is that of the topic, if it is created; 0: the brokers' default.
	ReplicationFactor int
	// Limit is how long a Send may take, beside waiting for what others have open in the topic.
	Limit time.Duration
	// TransactionTimeout is how long a transaction may be open. It is longer than Limit.
	TransactionTimeout time.Duration
	Origin             progress.Origin
	Produce            produce.Config
	Hooks              transact.Hooks
}

// Writer writes records exactly once. Send has one caller at a time.
type Writer struct {
	cfg   Config
	lanes [2]*lane
	topic *progress.Topic
	table *progress.Table
	open  context.Context // until Close
	end   context.CancelFunc
	busy  chan struct{} // full while a Send runs
	tasks sync.WaitGroup
	lost  atomic.Bool // the topic has lost progress
	// watchEvery is a field for the tests' sake.
	watchEvery time.Duration

	turn  int       // which of the lanes has the next transaction
	ended time.Time // that of the last Send
	quick bool      // the Send that runs has followed that closely
	// patience is how long its next transaction waits for those of others.
	patience time.Duration
	places   []progress.Place
	batch    []message.Message // what is sent
	index    []int             // of these, in the messages of Send
}

// New returns a writer. It asks nothing before Open.
func New(client *cluster.Client, cfg Config) *Writer {
	open, end := context.WithCancel(context.Background())
	w := &Writer{
		cfg: cfg, open: open, end: end, busy: make(chan struct{}, 1), watchEvery: watchEvery,
		topic: &progress.Topic{Name: cfg.Topic, ReplicationFactor: cfg.ReplicationFactor, Client: client, Warn: cfg.Produce.Warn},
		table: progress.NewTable(cfg.ID, cfg.Origin),
	}
	if fenced := cfg.Hooks.Fenced; fenced != nil {
		cfg.Hooks.Fenced = sync.OnceFunc(fenced) // it is one process
	}
	for i, id := range TransactionalIDs(cfg.TransactionalID) {
		w.lanes[i] = newLane(client, cfg, id)
	}
	return w
}

// Try is that of the producer.
func (w *Writer) Try(ctx context.Context, topic string, patience time.Duration) error {
	return w.lanes[0].producer.Try(ctx, topic, patience)
}

// moment is how long a Send that has failed takes to abort its transaction, and how long
// Close waits for that.
const moment = 3 * time.Second

// Close ends a Send that runs, whatever it waits for, makes further ones fail, and gives the
// running one a moment to abort its transaction, as consumers wait for that. It leaves the
// client open.
func (w *Writer) Close() {
	w.end()
	w.tasks.Wait()
	for _, l := range w.lanes {
		l.producer.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), moment)
	defer cancel()
	select {
	case w.busy <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-w.busy }()
	for _, l := range w.lanes {
		l.leave(ctx)
	}
}

// Send writes messages and returns how many from the front are written, with all that
// consumers may know of them, and the error of the first that is not. Of those after it none
// is written, unless they had been before.
func (w *Writer) Send(ctx context.Context, messages []message.Message) (int, error) {
	w.busy <- struct{}{}
	defer func() { <-w.busy }()
	if w.open.Err() != nil {
		return 0, wire.ErrClosed
	}
	w.quick = time.Since(w.ended) < soon
	w.patience = firstTimeout
	defer func() { w.ended = time.Now() }()
	var placeErr error
	until, progressErr := w.beforeProgress(messages)
	if w.places, placeErr = w.table.Places(messages[:until], w.places); placeErr == nil {
		placeErr = progressErr
	}
	n, err := 0, w.catchUp(ctx)
	for err == nil {
		err = w.within(ctx, w.cfg.Limit, func(ctx context.Context) (err error) {
			n, err = w.write(ctx, messages[:len(w.places)])
			return err
		})
		if !errors.Is(err, errOvertaken) {
			break
		}
		w.cfg.Produce.Warn("begin the transaction of a write again", err)
		err = w.catchUp(ctx)
	}
	if err == nil {
		err = placeErr
	}
	if err != nil {
		w.table.Left(messages[n:], w.places[n:])
		w.release(err)
		return n, err
	}
	return n, nil
}

// beforeProgress counts the messages before the first for the progress topic, with the error
// of that one: what a record says would count as progress.
func (w *Writer) beforeProgress(messages []message.Message) (int, error) {
	for i := range messages {
		if m := &messages[i]; m.Topic == w.cfg.Topic {
			return i, &message.RecordError{Index: i, Position: m.Position, Err: fmt.Errorf("topic %q is where exactlyOnce keeps progress, and not for records", m.Topic)}
		}
	}
	return len(messages), nil
}

// Miss notes a record of which no message could be made. Like Send it is called for records
// in their order, and while no Send runs. A record that was neither sent nor missed counts as
// written once a later one of its partition is.
func (w *Writer) Miss(position []byte) { w.table.Miss(position) }

// catchUp has the table know all that is written: what a transaction did whose outcome is not
// known, and what another process has written of partitions that this one has got. For that
// it waits as Open does.
func (w *Writer) catchUp(ctx context.Context) error {
	limit := w.cfg.Limit
	if w.cfg.Shared { // settle reads the topic, too
		limit = w.readTimeout()
	}
	if err := w.within(ctx, limit, w.settle); err != nil {
		return err
	}
	if w.table.Fresh() || w.lost.Load() {
		if err := w.within(ctx, w.readTimeout(), w.read); err != nil {
			return err
		}
	}
	w.table.Review(w.places)
	return nil
}

// release ends what a failed Send has left open, as consumers wait for that. If it can't be
// done in a moment, the next Send does it, or the coordinator after TransactionTimeout.
func (w *Writer) release(failed error) {
	if errors.As(failed, new(*transact.FencedError)) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), moment)
	defer cancel()
	err := w.forgoTaken(ctx)
	if err == nil {
		err = w.settle(ctx)
	}
	if err != nil && w.open.Err() == nil {
		w.cfg.Produce.Warn("abort the transaction of a write that failed", err)
	}
}
