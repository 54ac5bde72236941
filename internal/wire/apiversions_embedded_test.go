package wire

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

var config = Config{ClientID: "test", DialTimeout: 20 * time.Second, RequestTimeout: 20 * time.Second}

func dial(t *testing.T, fake *kfake.Cluster, cfg Config) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := Dial(ctx, fake.ListenAddrs()[0], cfg)
	if err == nil {
		err = c.Close()
	}
	return err
}

// Java's client disconnects and dials again, whatever the code is: so does whoever
// dials here.
func TestDialFailsWithEachErrorCodeOfApiVersions(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.NumBrokers(1))
	refuse := embedded.Refuse(fake, kmsg.ApiVersions, func(kmsg.Request) string { return "" })
	for _, code := range embedded.Codes() {
		refuse.Next("", code, 1)
		err := dial(t, fake, config)
		is.True(errors.Is(err, kafkago.Error(code)))
		is.True(strings.Contains(err.Error(), fake.ListenAddrs()[0]))
		is.NoErr(dial(t, fake, config))
	}
}

func TestDialGetsOverGreetingsThatAreLostOrBroken(t *testing.T) {
	var spoiler embedded.Spoiler
	fake := embedded.Start(t, kfake.NumBrokers(1), spoiler.Option())
	for _, spoil := range embedded.Spoils() {
		t.Run(spoil.Name, func(t *testing.T) {
			is := is.New(t)
			spoiler.Next(kmsg.ApiVersions, spoil, 1)
			if err := dial(t, fake, config); err != nil {
				t.Log(err)
				is.True(strings.Contains(err.Error(), fake.ListenAddrs()[0]))
			}
			is.Equal(spoiler.Left(), 0)
			is.NoErr(dial(t, fake, config))
		})
	}
}
