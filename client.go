package kafka

import (
	"context"
	"fmt"
	"time"

	sdk "github.com/conduitio/conduit-connector-sdk"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// connect reaches the cluster, trying for openTimeout unless the error is one
// that stays, so that a wrong setting shows when the pipeline starts.
func (c Config) connect(ctx context.Context) (*cluster.Client, error) {
	tlsConfig, err := c.TLSConfig.build()
	if err != nil {
		return nil, err
	}
	mechanism, err := c.SASLConfig.build()
	if err != nil {
		return nil, err
	}
	client := cluster.New(c.servers(), wire.Config{
		ClientID:       c.ClientID,
		TLS:            tlsConfig,
		SASL:           mechanism,
		DialTimeout:    dialTimeout,
		RequestTimeout: requestTimeout,
	})
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	retry := cluster.NewRetry(100*time.Millisecond, time.Second)
	for {
		_, err := client.Refresh(ctx, []string{}, false)
		if err == nil {
			return client, nil
		}
		if cluster.Hopeless(err) || !retry.Wait(ctx) {
			client.Close()
			return nil, fmt.Errorf("connect to servers %v: %w", c.servers(), err)
		}
		sdk.Logger(ctx).Warn().Err(err).Msg("connect to servers, will try again")
	}
}

// warner logs trouble that is got over without help.
func warner(ctx context.Context) func(string, error) {
	logger := sdk.Logger(ctx)
	return func(msg string, err error) { logger.Warn().Err(err).Msg(msg) }
}
