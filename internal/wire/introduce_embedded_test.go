package wire

import (
	"context"
	"regexp"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/protocol/metadata"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

func TestDialTellsTheBrokerWhichSoftwareConnects(t *testing.T) {
	for name, test := range map[string]struct {
		versions *kversion.Versions
		software Software
		want     []string
	}{
		"a broker that is told":        {kversion.Stable(), Software{"connector", "v1.2.3"}, []string{"connector v1.2.3"}},
		"a build without a version":    {kversion.Stable(), Software{"connector", "(devel)"}, []string{"connector devel"}},
		"a broker of before Kafka 2.4": {kversion.V2_3_0(), Software{"connector", "v1.2.3"}, nil},
		"a client without a name":      {kversion.Stable(), Software{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			fake := embedded.Start(t, kfake.NumBrokers(1), kfake.MaxVersions(test.versions))
			told := make(chan string, 10)
			embedded.Answer(fake, kmsg.ApiVersions, func(req kmsg.Request) kmsg.Response {
				if r := req.(*kmsg.ApiVersionsRequest); r.Version > 0 {
					told <- r.ClientSoftwareName + " " + r.ClientSoftwareVersion
				}
				return nil
			})
			cfg := config
			cfg.Software = test.software
			c, err := Dial(ctx, fake.ListenAddrs()[0], cfg)
			is.NoErr(err)
			defer c.Close()
			for range 2 { // what comes after it is answered, too
				_, err = c.RoundTrip(ctx, new(metadata.Request))
				is.NoErr(err)
			}
			close(told)
			var got []string
			for s := range told {
				got = append(got, s)
			}
			is.Equal(got, test.want)
		})
	}
}

// What brokers accept, by KIP-511.
var accepted = regexp.MustCompile(`^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$`)

func TestSoftwareVersionsAreAccepted(t *testing.T) {
	is := is.New(t)
	for given, want := range map[string]string{
		"v0.13.0": "v0.13.0",
		"(devel)": "devel",
		"":        "unknown",
		"(-.)":    "unknown",
		"x":       "x",
		"v0.12.1-0.20260102030405-0123456789ab+dirty": "v0.12.1-0.20260102030405-0123456789abdirty",
		"v1.0.0-rc.1-+.": "v1.0.0-rc.1",
	} {
		is.Equal(acceptable(given), want)
		is.True(accepted.MatchString(want))
	}
}
