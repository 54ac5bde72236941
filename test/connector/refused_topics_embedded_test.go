package connector_test

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// refuseTopics has a cluster refuse (29) to describe topics, each as often as is said.
func refuseTopics(t *testing.T, times int, topics ...string) settings {
	c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "seen", "hidden", "secret"))
	left := make(map[string]int)
	for _, topic := range topics {
		left[topic] = times
	}
	embedded.Answer(c, kmsg.Metadata, func(r kmsg.Request) kmsg.Response {
		req := r.(*kmsg.MetadataRequest)
		if !slices.ContainsFunc(req.Topics, func(t kmsg.MetadataRequestTopic) bool { return left[*t.Topic] != 0 }) {
			return nil
		}
		res := req.ResponseKind().(*kmsg.MetadataResponse)
		b := kmsg.NewMetadataResponseBroker()
		host, port, err := net.SplitHostPort(c.ListenAddrs()[0])
		is.New(t).NoErr(err)
		number, err := strconv.Atoi(port)
		is.New(t).NoErr(err)
		b.Host, b.Port = host, int32(number)
		res.Brokers = append(res.Brokers, b)
		for _, topic := range req.Topics {
			refused := kmsg.NewMetadataResponseTopic()
			refused.Topic, refused.TopicID = topic.Topic, topic.TopicID
			switch {
			case left[*topic.Topic] != 0:
				left[*topic.Topic]--
				refused.ErrorCode = 29
			case *topic.Topic == "coming":
				refused.ErrorCode = 3 // UNKNOWN_TOPIC_OR_PARTITION
			default:
				p := kmsg.NewMetadataResponseTopicPartition()
				p.Replicas, p.ISR = []int32{0}, []int32{0}
				refused.Partitions = append(refused.Partitions, p)
			}
			res.Topics = append(res.Topics, refused)
		}
		return res
	})
	return settings{"servers": list(c.ListenAddrs())}
}

func TestSourceThatMaySeeNoneOfItsTopicsDoesNotOpen(t *testing.T) {
	is := is.New(t)
	ctx := guarded(t)
	_, err := openSource(ctx, refuseTopics(t, -1, "hidden", "secret").with(settings{"topics": "hidden,secret"}), nil)
	is.True(err != nil)
	t.Log(err)
	for _, text := range []string{`open source: find topic "hidden": the login lacks Read on topic "hidden", or an ACL denies it: [29]`, `find topic "secret"`} {
		expect.Error(t, err, text)
	}
}

func TestDestinationThatMayNotWriteDoesNotOpen(t *testing.T) {
	refused := func(code int16) func(*testing.T) settings {
		return func(t *testing.T) settings {
			c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "hidden"))
			embedded.Answer(c, kmsg.InitProducerID, func(r kmsg.Request) kmsg.Response { return embedded.Refusal(r, code) })
			return settings{"servers": list(c.ListenAddrs())}
		}
	}
	for name, c := range map[string]struct {
		start func(*testing.T) settings
		more  settings
		want  string // the error; empty for none
	}{
		"a hidden topic":                  {func(t *testing.T) settings { return refuseTopics(t, -1, "hidden") }, nil, `open destination: find topic "hidden": the login lacks Write on topic "hidden", or an ACL denies it: [29]`},
		"a topic that is hidden at first": {func(t *testing.T) settings { return refuseTopics(t, 3, "hidden") }, nil, ""},
		"records decide":                  {func(t *testing.T) settings { return refuseTopics(t, -1, "hidden") }, settings{"topic": "{{ .Operation }}"}, ""},
		"no producer ID":                  {refused(31), nil, "open destination: get a producer ID: the login may write to no topic"},
		"without numbers":                 {refused(31), settings{"idempotent": "false"}, ""},
		"a coordinator that loads":        {refused(14), nil, ""}, // Write waits for it
		"brokers without producer IDs": {func(t *testing.T) settings {
			v := kversion.Stable()
			v.SetMaxKeyVersion(kmsg.InitProducerID.Int16(), -1)
			return settings{"servers": list(embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "hidden"), kfake.MaxVersions(v)).ListenAddrs())}
		}, nil, "open destination: get a producer ID: these brokers know no idempotent writes: set idempotent to false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			ctx := guarded(t)
			dst, err := openDestination(ctx, c.start(t).with(settings{"topic": "hidden"}).with(c.more))
			if c.want == "" {
				is.NoErr(err)
				is.NoErr(dst.Teardown(ctx))
				return
			}
			is.True(err != nil)
			t.Log(err)
			is.True(strings.HasPrefix(err.Error(), c.want))
		})
	}
}

func TestSourceOpensOnceItMaySeeATopic(t *testing.T) {
	for name, c := range map[string]struct {
		times  int
		topics string
	}{
		"one of two is refused":      {-1, "seen,hidden"},
		"a broker has just started":  {3, "hidden,secret"},
		"a topic does not exist yet": {-1, "hidden,coming"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			ctx := guarded(t)
			src, err := openSource(ctx, refuseTopics(t, c.times, "hidden", "secret").with(settings{"topics": c.topics}), nil)
			is.NoErr(err)
			is.NoErr(src.Teardown(ctx))
		})
	}
}
