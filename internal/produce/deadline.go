package produce

import (
	"context"
	"errors"
	"fmt"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// errDeliveryTimeout is why the context of a Send ended, if no one else ended it.
var errDeliveryTimeout = fmt.Errorf("deliveryTimeout is over: %w", context.DeadlineExceeded)

// deadline is the context of a Send, which ends with deliveryTimeout, with the
// caller's context, or with Close. context.Cause knows which.
func (p *Producer) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(p.open, func() { cancel(wire.ErrClosed) })
	done := func() { stop(); cancel(nil) }
	if p.cfg.DeliveryTimeout == 0 {
		return ctx, done
	}
	ctx, cancelTimeout := context.WithTimeoutCause(ctx, p.cfg.DeliveryTimeout, errDeliveryTimeout)
	return ctx, func() { cancelTimeout(); done() }
}

// explain says why a Send ended before it was done, and on what its time was spent.
func (p *Producer) explain(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	switch {
	case err == nil, cause == nil:
		return err
	case errors.Is(cause, errDeliveryTimeout):
		return fmt.Errorf("write within deliveryTimeout (%s; raise it to outlast longer outages): %w", p.cfg.DeliveryTimeout, err)
	case errors.Is(err, cause):
		return err
	}
	return fmt.Errorf("%w: %w", cause, err)
}
