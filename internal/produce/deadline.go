package produce

import (
	"context"
	"errors"
	"fmt"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// deadline is the context of a Send, which ends when its clock does, with the caller's
// context, or with Close. context.Cause knows which.
func (p *Producer) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(p.open, func() { cancel(wire.ErrClosed) })
	p.clock = newClock(p.cfg.DeliveryTimeout, p.cfg.OutageTimeout, func() { cancel(errTimeIsUp) })
	return ctx, func() {
		p.clock.stop()
		stop()
		cancel(nil)
	}
}

// explain says why a Send ended before it was done, and on what its time was spent.
func (p *Producer) explain(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	switch {
	case err == nil, cause == nil:
		return err
	case errors.Is(cause, errTimeIsUp) && p.clock.outlasted():
		return fmt.Errorf("write within outageTimeout (%s; raise it to outlast longer outages) and deliveryTimeout (%s): %w",
			p.cfg.OutageTimeout, p.cfg.DeliveryTimeout, err)
	case errors.Is(cause, errTimeIsUp):
		return fmt.Errorf("write within deliveryTimeout (%s; raise it where brokers need longer): %w", p.cfg.DeliveryTimeout, err)
	case errors.Is(err, cause):
		return err
	}
	return fmt.Errorf("%w: %w", cause, err)
}
