package cluster

import (
	"context"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// The requests of this package are all asked twice: once where the broker answers
// with an error code, by request in the files beside this one, and once where its
// answer gets lost or is broken, here. Callers try again what is Retriable.

var operations = map[kmsg.Key]func(context.Context, *Client) error{
	kmsg.ApiVersions: func(ctx context.Context, c *Client) error {
		_, err := c.Refresh(ctx, []string{"t"})
		return err
	},
	kmsg.Metadata: func(ctx context.Context, c *Client) error {
		topics, err := c.Refresh(ctx, []string{"t"})
		if err != nil {
			return err
		}
		return topics["t"].Err
	},
	kmsg.FindCoordinator: func(ctx context.Context, c *Client) error {
		c.ForgetCoordinator("g")
		_, err := c.Coordinator(ctx, "g")
		return err
	},
	kmsg.ListOffsets: func(ctx context.Context, c *Client) error {
		_, err := c.ListOffset(ctx, "t", 0, Latest, true)
		return err
	},
	kmsg.OffsetForLeaderEpoch: func(ctx context.Context, c *Client) error {
		_, err := c.EpochEnd(ctx, "t", 0, 0)
		return err
	},
}

// insist does an operation until it succeeds or fails for good.
func insist(ctx context.Context, c *Client, operation func(context.Context, *Client) error) error {
	retry := NewRetry(time.Millisecond, 20*time.Millisecond)
	for {
		err := operation(ctx, c)
		if err == nil || !Retriable(err) || !retry.Wait(ctx) {
			return err
		}
		if _, err := c.Refresh(ctx, []string{"t"}); err != nil && !Retriable(err) {
			return err
		}
	}
}

func TestGetsOverAnswersThatAreLostOrBroken(t *testing.T) {
	for key, operation := range operations {
		for _, spoil := range embedded.Spoils() {
			t.Run(key.Name()+"/"+spoil.Name, func(t *testing.T) {
				t.Parallel()
				is := is.New(t)
				ctx := guarded(t)
				var spoiler embedded.Spoiler
				fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"), spoiler.Option())
				c := newClient(t, fake.ListenAddrs()...)
				if key != kmsg.ApiVersions { // asked of new connections only
					_, err := c.Refresh(ctx, []string{"t"})
					is.NoErr(err)
				}
				spoiler.Next(key, spoil, 2)
				is.NoErr(insist(ctx, c, operation))
				is.NoErr(insist(ctx, c, operation))
				is.True(spoiler.Left() < 2)
			})
		}
	}
}
