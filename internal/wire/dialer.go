package wire

import "context"

type dialerKey struct{}

// WithDialer returns a context under which a connector that opens connects with
// dial instead of TCP, so that tests can put a network of their own below it.
func WithDialer(ctx context.Context, dial Dialer) context.Context {
	return context.WithValue(ctx, dialerKey{}, dial)
}

// DialerFrom returns the dialer that WithDialer put into the context; nil: none.
func DialerFrom(ctx context.Context) Dialer {
	dial, _ := ctx.Value(dialerKey{}).(Dialer)
	return dial
}
