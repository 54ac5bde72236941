package kafka

import (
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// A broker that has just started is slow, and does not know its ACLs yet.
func TestOneDenialAfterASilenceIsNotBelieved(t *testing.T) {
	for name, test := range map[string]struct {
		key    kmsg.Key
		code   int16
		silent time.Duration
		look   func(*cluster.Client) error
	}{
		"of the group": {kmsg.FindCoordinator, 30, refusedTimeout - 100*time.Millisecond, func(client *cluster.Client) error {
			var cfg consumer.Config
			cfg.Group.GroupID, cfg.Group.Topics = "group", []string{"topic"}
			return mayConsume(t.Context(), client, cfg)
		}},
		"of all topics": {kmsg.Metadata, 29, refusedTimeout + 100*time.Millisecond, func(client *cluster.Client) error {
			_, err := describe(t.Context(), client, []string{"topic"})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "topic"))
			fake.ControlKey(test.key.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
				fake.SleepControl(func() { time.Sleep(test.silent) })
				return embedded.Refusal(req, test.code), nil, true
			})
			client := cluster.New(fake.ListenAddrs(), wire.Config{ClientID: "test", DialTimeout: 10 * time.Second, RequestTimeout: 10 * time.Second})
			t.Cleanup(func() { client.Close() })
			is.New(t).NoErr(test.look(client))
		})
	}
}
