package exactlyonce

import (
	"context"
	"errors"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/progress"
)

// watchEvery is how often the progress topic is looked at. What disappears from it is missed
// by a process that begins before that is noticed.
const watchEvery = 30 * time.Second

// watch looks at the topic until Close.
func (w *Writer) watch(look *progress.Watch) {
	ticker := time.NewTicker(w.watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-w.open.Done():
			return
		}
		if err := w.lookOnce(look); err != nil && w.open.Err() == nil {
			w.cfg.Produce.Warn("look whether the progress topic has lost something", err)
		}
	}
}

func (w *Writer) lookOnce(look *progress.Watch) error {
	ctx, cancel := context.WithTimeout(w.open, w.cfg.Produce.RequestTimeout)
	defer cancel()
	lost, err := look.Lost(ctx)
	if lost {
		w.lost.Store(true)
	}
	wrong := progress.Policy(ctx, w.topic.Client, w.topic.Name)
	if !errors.As(wrong, new(*progress.PolicyError)) {
		return err
	}
	return errors.Join(err, wrong)
}

var errLost = errors.New("it was deleted, or records were deleted from it, while it was in use: this process writes again what it knows; what others have written is not known any more, unless they run")

// heal writes progress again that has disappeared, with what the Send writes.
func (w *Writer) heal(ctx context.Context) (err error) {
	w.lost.Store(false) // what is lost from now on is another loss
	defer func() {
		if err != nil {
			w.lost.Store(true)
		}
	}()
	w.cfg.Produce.Warn("write progress to topic "+w.cfg.Topic, errLost)
	for _, l := range w.lanes { // what is begun ahead may be for the topic that is gone
		if err := l.forgo(ctx); err != nil {
			return err
		}
	}
	if err := w.topic.Ensure(ctx); err != nil {
		return err
	}
	w.table.WriteAgain()
	return w.topic.ReadAgain(ctx, w.table)
}
