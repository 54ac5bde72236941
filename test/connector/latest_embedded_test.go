package connector_test

import (
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// The group takes a while to form after the source is open. What is written meanwhile is
// new.
func TestSourceReadsWhatIsWrittenOnceItIsOpen(t *testing.T) {
	for _, topics := range []settings{{"topics": "topic"}, {"topicsRegex": "top.*"}} {
		is, ctx := is.New(t), guarded(t)
		c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "topic"))
		client, err := kclient.New(c.ListenAddrs())
		is.NoErr(err)
		defer client.Close()
		write := func(value string) {
			is.NoErr(client.Produce(ctx, &kgo.Record{Topic: "topic", Value: []byte(value)}))
		}
		write("old")
		refuse := embedded.Refuse(c, kmsg.JoinGroup, func(kmsg.Request) string { return "" })
		refuse.Next("", kerr.CoordinatorLoadInProgress.Code, 3)
		src, err := openSource(ctx, settings{"servers": list(c.ListenAddrs()), "groupID": "g"}.with(topics), nil)
		is.NoErr(err)
		write("new")
		records, err := read(ctx, src, 1)
		is.NoErr(err)
		is.Equal(string(records[0].Payload.After.Bytes()), "new")
		is.NoErr(src.Teardown(ctx))
	}
}
