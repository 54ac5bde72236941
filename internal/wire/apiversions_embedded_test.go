package wire

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
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
		expect.Error(t, err, fake.ListenAddrs()[0])
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
				expect.Error(t, err, fake.ListenAddrs()[0])
			}
			is.Equal(spoiler.Left(), 0)
			is.NoErr(dial(t, fake, config))
		})
	}
}

func TestDialRefusesABrokerThatIsOlderThanKafka011(t *testing.T) {
	for name, test := range map[string]struct {
		versions *kversion.Versions
		want     string
	}{
		"0.10.0": {kversion.V0_10_0(), "Produce only up to version 2"},
		"0.10.2": {kversion.V0_10_2(), "Produce only up to version 2"},
		"fetch":  {upTo(kmsg.Fetch, 3), "Fetch only up to version 3"},
		"0.11.0": {kversion.V0_11_0(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			fake := embedded.Start(t, kfake.NumBrokers(1), kfake.MaxVersions(test.versions))
			err := dial(t, fake, config)
			if test.want == "" {
				is.NoErr(err)
				return
			}
			var unsupported *UnsupportedError
			is.True(errors.As(err, &unsupported))
			t.Log(err)
			expect.Error(t, err, "older than Kafka 0.11")
			expect.Error(t, err, fake.ListenAddrs()[0])
			expect.Error(t, err, test.want)
		})
	}
}

func upTo(key kmsg.Key, last int16) *kversion.Versions {
	v := kversion.Stable()
	v.SetMaxKeyVersion(key.Int16(), last)
	return v
}
