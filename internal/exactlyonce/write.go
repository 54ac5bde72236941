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
		if err == nil {
			w.table.Written(w.places[:until])
			clear(w.batch)
			return until, refused
		}
		err = w.session.Fence(err)
		if errors.Is(err, produce.ErrExcepted) { // the progress topic was deleted
			w.lost.Store(true)
		}
		w.astray, w.wrote.late = true, w.wrote.late || w.producer.Doubtful()
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
	w.wrote.begin()
	if _, err := w.producer.Send(ctx, w.batch); err != nil {
		if r := (*message.RecordError)(nil); errors.As(err, &r) && r.Index >= len(w.index) {
			return fmt.Errorf("write progress: %w", r.Err)
		}
		return err
	}
	if err := w.first(ctx); err != nil {
		return err
	}
	return w.session.Commit(ctx)
}

// settle ends a transaction that may be open, after which it is known what was written.
func (w *Writer) settle(ctx context.Context) error {
	if !w.astray && !w.session.Unclear() {
		return nil
	}
	if w.astray {
		if err := w.session.Abort(ctx); err != nil {
			return err
		}
		select {
		case <-w.open.Done(): // nobody wants to know more
			return nil
		default:
		}
	}
	if err := w.begin(ctx); err != nil {
		return err
	}
	w.astray = false
	return nil
}
