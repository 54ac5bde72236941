package connector_test

import (
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// takesOnlyGzip starts a broker that refuses batches with another codec, as Azure Event
// Hubs does.
func takesOnlyGzip(t *testing.T, code int16) settings {
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	embedded.Answer(c, kmsg.Produce, func(r kmsg.Request) kmsg.Response {
		for _, topic := range r.(*kmsg.ProduceRequest).Topics {
			for _, p := range topic.Partitions {
				const attributes, codecs, gzip = 22, 7, 1 // the lower byte of a batch's attributes
				if codec := p.Records[attributes] & codecs; codec > gzip {
					return embedded.Refusal(r, code)
				}
			}
		}
		return nil
	})
	return settings{"servers": list(c.ListenAddrs()), "topic": "t", "value.format": "payload"}
}

func TestCompressionThatBrokersRefuseIsNamed(t *testing.T) {
	large := opencdc.Record{Position: opencdc.Position("p"), Payload: opencdc.Change{After: opencdc.RawData(strings.Repeat("x", 10_000))}}
	for name, c := range map[string]struct {
		code int16
		more settings
		want string // of the error; empty for none
	}{
		"the default, at Event Hubs":      {43, nil, "compression is snappy: the brokers may take none, or only gzip"},
		"a codec that brokers don't know": {76, settings{"compression": "zstd"}, "compression is zstd: set one that the brokers know, or none"},
		"gzip":                            {43, settings{"compression": "gzip"}, ""},
		"none":                            {43, settings{"compression": "none"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			n, err := write(guarded(t), takesOnlyGzip(t, c.code).with(c.more), large)
			if c.want == "" {
				is.NoErr(err)
				is.Equal(n, 1)
				return
			}
			is.True(err != nil)
			t.Log(err)
			expect.Error(t, err, c.want)
		})
	}
}
