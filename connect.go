package kafka

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	sdk "github.com/conduitio/conduit-connector-sdk"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/metrics"
	"github.com/conduitio/conduit-connector-kafka/internal/security"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// openTimeout is how long a connector that opens tries to reach the cluster, at
// least once for a whole dialTimeout.
const openTimeout = 10 * time.Second

// connect reaches the cluster, trying for openTimeout unless the error is one
// that stays, so that a wrong setting shows when the pipeline starts.
func (c Config) connect(ctx context.Context, m *metrics.Connector) (*cluster.Client, error) {
	cfg, err := c.connection(ctx)
	if err != nil {
		return nil, err
	}
	warnOnce(ctx, c.servers(), c.security().Warnings())
	cfg.Hooks = m.ConnectionHooks()
	client := cluster.New(c.servers(), cfg)
	ctx, cancel := context.WithTimeout(ctx, max(openTimeout, c.DialTimeout))
	defer cancel()
	retry := cluster.NewRetry(100*time.Millisecond, time.Second)
	var why failure
	for {
		_, err := client.Refresh(ctx, []string{})
		if err == nil {
			return client, nil
		}
		why.add(err, ctx.Err() != nil)
		if cluster.Permanent(err) || !retry.Wait(ctx) {
			client.Close()
			return nil, fmt.Errorf("connect to servers %v: %w", c.servers(), why.cause())
		}
		m.Retried(err)
		sdk.Logger(ctx).Warn().Err(err).Msg("connect to servers, trying again")
	}
}

// failure is why attempts failed, one after the other.
type failure struct {
	reason error // of the last that did not only take too long
	last   error // that was not cut short
}

func (f *failure) add(err error, cut bool) {
	if !timedOut(err) {
		f.reason = err
	}
	if f.last == nil || !cut {
		f.last = err
	}
}

// cause says what was found out, also if the last attempt only took too long.
func (f *failure) cause() error {
	if f.reason == nil {
		return f.last
	}
	if timedOut(f.last) {
		return fmt.Errorf("%w (the last attempt: %v)", f.reason, f.last)
	}
	return f.reason
}

// timedOut reports whether an error says no more than that time was up, at each broker.
func timedOut(err error) bool {
	var none *cluster.UnreachableError
	if errors.As(err, &none) {
		return !slices.ContainsFunc(none.Errs, func(err error) bool { return !timedOut(err) })
	}
	var timeout interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, os.ErrDeadlineExceeded) ||
		errors.As(err, &timeout) && timeout.Timeout()
}

// connection is how to reach a broker.
func (c Config) connection(ctx context.Context) (wire.Config, error) {
	secured, err := c.security().Connections(ctx, security.Env{Timeout: c.RequestTimeout, Warn: warner(ctx)})
	if err != nil {
		return wire.Config{}, err
	}
	principal := ""
	if user := c.security().User(); user != "" {
		principal = "User:" + user
	}
	return wire.Config{
		Principal:      principal,
		ClientID:       c.ClientID,
		Software:       wire.Software{Name: "conduit-connector-kafka", Version: softwareVersion},
		TLS:            secured.TLS,
		SASL:           secured.SASL,
		DialTimeout:    c.DialTimeout,
		RequestTimeout: c.RequestTimeout,
		Dial:           wire.DialerFrom(ctx),
	}, nil
}

// warner logs trouble from which the connector recovers by itself.
func warner(ctx context.Context) func(string, error) {
	logger := sdk.Logger(ctx)
	return func(msg string, err error) { logger.Warn().Err(err).Msg(msg) }
}

// warned are the warnings that this process has logged, by cluster. There are as many as
// clusters are named in settings, and two for each.
var warned sync.Map

// warnOnce logs what is true of all connections to a cluster, the first time: Conduit opens
// a connector again after each error, and a pipeline has many.
func warnOnce(ctx context.Context, servers, warnings []string) {
	cluster := strings.Join(slices.Sorted(slices.Values(servers)), ",")
	for _, warning := range warnings {
		if _, before := warned.LoadOrStore(cluster+" "+warning, true); !before {
			sdk.Logger(ctx).Warn().Strs("servers", servers).Msg(warning)
		}
	}
}
