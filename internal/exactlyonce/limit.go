package exactlyonce

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

var errTimeIsUp = errors.New("deliveryTimeout and outageTimeout are over")

// within does a part of a Send, which may take that long, and ends with Close.
func (w *Writer) within(ctx context.Context, limit time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(w.open, func() { cancel(wire.ErrClosed) })()
	defer time.AfterFunc(limit, func() { cancel(errTimeIsUp) }).Stop()
	return explain(ctx, limit, do(ctx))
}

// explain says why a Send ended before it was done.
func explain(ctx context.Context, limit time.Duration, err error) error {
	cause := context.Cause(ctx)
	switch {
	case err == nil, cause == nil, errors.Is(err, cause):
		return err
	case errors.Is(cause, errTimeIsUp):
		return fmt.Errorf("write within deliveryTimeout and outageTimeout (%s): %w", limit, err)
	}
	return fmt.Errorf("%w: %w", cause, err)
}
