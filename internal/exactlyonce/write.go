package exactlyonce

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/transact"
)

// write writes those messages that are not done, and returns how many from the front are
// written.
func (w *Writer) write(ctx context.Context, messages []message.Message) (int, error) {
	var refused error // that of the message after the last one to be written
	until := len(messages)
	retry := cluster.NewRetry(10*time.Millisecond, time.Second)
	for {
		w.choose(messages[:until])
		if len(w.index) == 0 {
			return until, refused
		}
		err := w.transaction(ctx, until)
		l := w.lanes[w.turn]
		if err == nil {
			w.turn = 1 - w.turn
			w.table.Written(w.places[:until])
			clear(w.batch)
			return until, refused
		}
		err = l.Fence(err)
		if errors.Is(err, produce.ErrExcepted) { // the progress topic was deleted
			w.lost.Store(true)
		}
		l.astray, l.late = true, l.late || l.producer.Doubtful()
		var of *message.RecordError
		switch {
		case errors.Is(err, errOvertaken):
			return w.index[0], err
		case errors.As(err, &of) && of.Index < len(w.index):
			until, refused = w.index[of.Index], err
			of.Index = until
		case !again(err) || !retry.Wait(ctx):
			return w.index[0], err
		default:
			w.cfg.Produce.Warn("transaction interrupted, beginning another one", err)
		}
		if err := w.settle(ctx); err != nil {
			return w.index[0], err
		}
		w.table.Review(w.places[:until])
	}
}

// again reports whether what comes of a transaction is no reason not to try another one.
func again(err error) bool {
	return errors.Is(err, produce.ErrExcepted) || errors.Is(err, produce.ErrSpoilt) || errors.Is(err, transact.ErrNotOpen) ||
		errors.Is(err, kafkago.InvalidTransactionState) || errors.Is(err, kafkago.InvalidProducerIDMapping)
}

// choose takes those messages that are not done.
func (w *Writer) choose(messages []message.Message) {
	w.batch, w.index = w.batch[:0], w.index[:0]
	for i := range messages {
		if !w.places[i].Done {
			w.batch, w.index = append(w.batch, messages[i]), append(w.index, i)
		}
	}
}

// transaction writes the chosen messages, and that those up to until are written, in one
// transaction.
func (w *Writer) transaction(ctx context.Context, until int) (err error) {
	if w.batch, err = w.table.Messages(w.cfg.Topic, w.places[:until], time.Now().UnixMilli(), w.batch); err != nil {
		return err
	}
	l := w.lanes[w.turn]
	if err := l.take(ctx); err != nil {
		return err
	}
	l.added = w.beginNext
	l.prepare()
	if err := w.send(ctx, l); err != nil {
		return err
	}
	if err := w.first(ctx); err != nil {
		return err
	}
	return l.Commit(ctx)
}

// send writes the chosen messages and the progress, which comes last where other processes
// wait for the end of a transaction that has written some: a partition without a leader holds
// up the records only.
func (w *Writer) send(ctx context.Context, l *lane) error {
	records := w.batch
	if w.cfg.Shared {
		records = w.batch[:len(w.index)]
	}
	_, err := l.producer.Send(ctx, records)
	if err == nil && w.cfg.Shared {
		if _, err = l.producer.Send(ctx, w.batch[len(w.index):]); err != nil {
			return progressError(err)
		}
	}
	if r := (*message.RecordError)(nil); errors.As(err, &r) && r.Index >= len(w.index) {
		return progressError(err)
	}
	return err
}

// progressError is an error about progress, whose messages are none of the caller's.
func progressError(err error) error {
	if r := (*message.RecordError)(nil); errors.As(err, &r) {
		err = r.Err
	}
	return fmt.Errorf("write progress: %w", err)
}

// settle ends transactions that may be open, after which it is known what was written.
func (w *Writer) settle(ctx context.Context) error {
	lanes := w.unsettled()
	for _, l := range lanes {
		if err := l.end(ctx); err != nil {
			return err
		}
	}
	if len(lanes) == 0 {
		return nil
	}
	select {
	case <-w.open.Done(): // nobody wants to know more
		return nil
	default:
	}
	for _, l := range lanes {
		l.astray = true // until the progress is read
		if err := l.fence(ctx); err != nil {
			return err
		}
	}
	if err := w.read(ctx); err != nil {
		return err
	}
	for _, l := range lanes {
		l.astray = false
	}
	return nil
}

// unsettled lists the lanes with something that is open or not known.
func (w *Writer) unsettled() (out []*lane) {
	for _, l := range w.lanes {
		if !l.settled() {
			out = append(out, l)
		}
	}
	return out
}

// read reads what earlier transactions have written, or writes again what has disappeared of
// it.
func (w *Writer) read(ctx context.Context) (err error) {
	if w.lost.Load() {
		err = w.heal(ctx)
	} else {
		err = w.topic.Read(ctx, w.table)
	}
	if err == nil {
		w.table.Looked()
	}
	return err
}
