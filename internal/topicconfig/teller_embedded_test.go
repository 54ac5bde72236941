package topicconfig

import (
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

// told are the topics of the batches that say something, in their order.
func (w *world) told(t *Teller, batches ...message.Batch) []Topic {
	w.t.Helper()
	t.Tell(w.ctx, batches)
	var out []Topic
	for _, b := range batches {
		if b.TopicConfigs != "" {
			topic, err := Parse(b.TopicConfigs)
			w.NoErr(err)
			w.Equal(topic.Name, b.Topic)
			out = append(out, topic)
		}
	}
	return out
}

func TestTellerSaysOnceWhatATopicIsLike(t *testing.T) {
	w := newWorld(t)
	w.create("a", 2, map[string]string{"retention.ms": "1000", "min.insync.replicas": "1", "message.timestamp.type": "CreateTime"})
	w.create("b", 1, nil)
	_, err := w.client.Refresh(w.ctx, []string{"a", "b"})
	w.NoErr(err)
	teller := NewTeller(w.client, w.log.warn)
	asked := embedded.Count(w.fake, kmsg.DescribeConfigs.Int16())
	first := w.told(teller, batch("a", 0), batch("a", 1), batch("b", 0))
	w.Equal(len(first), 2)
	w.Equal(first[0].Partitions, int32(2))
	w.Equal(first[0].Configs, map[string]string{"retention.ms": "1000"}) // without what belongs to the cluster
	w.True(slices.Contains(first[0].Defaults, "cleanup.policy"))
	w.True(!slices.Contains(first[0].Defaults, "min.insync.replicas"))
	w.Equal(first[1].Configs, map[string]string{})
	w.Equal(len(w.told(teller, batch("a", 1), batch("b", 0))), 0)
	w.Equal(asked.Load(), int64(1)) // of both
	w.Equal(len(w.log.warnings()), 0)
}

func TestTellerSaysWhatHasChanged(t *testing.T) {
	w := newWorld(t)
	w.create("a", 1, nil)
	_, err := w.client.Refresh(w.ctx, []string{"a"})
	w.NoErr(err)
	teller := NewTeller(w.client, w.log.warn)
	w.Equal(len(w.told(teller, batch("a", 0))), 1)

	w.NoErr(w.truth.AddPartitions(w.ctx, "a", 3))
	_, err = w.client.Refresh(w.ctx, []string{"a"}) // as fetching does
	w.NoErr(err)
	grown := w.told(teller, batch("a", 0), batch("a", 2), batch("a", 2)) // at once
	w.Equal(len(grown), 1)
	w.Equal(grown[0].Partitions, int32(3))

	req := kmsg.NewPtrIncrementalAlterConfigsRequest()
	resource := kmsg.NewIncrementalAlterConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = kmsg.ConfigResourceTypeTopic, "a"
	resource.Configs = []kmsg.IncrementalAlterConfigsRequestResourceConfig{{Name: "retention.ms", Value: kmsg.StringPtr("7")}}
	req.Resources = append(req.Resources, resource)
	_, err = req.RequestWith(w.ctx, w.truth.Raw())
	w.NoErr(err)
	w.Equal(len(w.told(teller, batch("a", 0))), 0) // it is not a minute later
	teller.maxAge = time.Nanosecond
	changed := w.told(teller, batch("a", 0))
	w.Equal(len(changed), 1)
	w.Equal(changed[0].Configs, map[string]string{"retention.ms": "7"})
}

func TestTellerThatMayNotSeeConfigsSaysSo(t *testing.T) {
	w := newWorld(t)
	w.create("a", 2, nil)
	_, err := w.client.Refresh(w.ctx, []string{"a"})
	w.NoErr(err)
	embedded.Answer(w.fake, kmsg.DescribeConfigs, func(req kmsg.Request) kmsg.Response {
		res := req.ResponseKind().(*kmsg.DescribeConfigsResponse)
		one := kmsg.NewDescribeConfigsResponseResource()
		one.ResourceType, one.ResourceName, one.ErrorCode = kmsg.ConfigResourceTypeTopic, "a", kerr.TopicAuthorizationFailed.Code
		res.Resources = append(res.Resources, one)
		return res
	})
	teller := NewTeller(w.client, w.log.warn)
	err = teller.Try(w.ctx, []string{"a"}, 200*time.Millisecond)
	expect.Error(t, err, "copyTopicConfigs", `DescribeConfigs on topic "a"`, "--allow-principal User:alice --operation DescribeConfigs --topic a")
	w.NoErr(teller.Try(w.ctx, nil, time.Second))
	w.log.warnings()

	told := w.told(teller, batch("a", 0)) // its partitions all the same
	w.Equal(told, []Topic{{Name: "a", Partitions: 2}})
	teller.maxAge = time.Nanosecond
	w.Equal(len(w.told(teller, batch("a", 0))), 1)
	warnings := w.log.warnings()
	w.Equal(len(warnings), 1) // once
	expect.Text(t, warnings[0], "copyTopicConfigs", "--operation DescribeConfigs --topic a")
}

// A broker that has not heard of a new topic yet does not know its configuration.
func TestTellerWaitsForANewTopic(t *testing.T) {
	w := newWorld(t)
	w.create("a", 1, map[string]string{"retention.ms": "1000"})
	left := 2
	embedded.Answer(w.fake, kmsg.DescribeConfigs, func(req kmsg.Request) kmsg.Response {
		if left--; left < 0 {
			return nil
		}
		res := req.ResponseKind().(*kmsg.DescribeConfigsResponse)
		one := kmsg.NewDescribeConfigsResponseResource()
		one.ResourceType, one.ResourceName, one.ErrorCode = kmsg.ConfigResourceTypeTopic, "a", kerr.UnknownTopicOrPartition.Code
		res.Resources = append(res.Resources, one)
		return res
	})
	told := w.told(NewTeller(w.client, w.log.warn), batch("a", 0))
	w.Equal(len(told), 1)
	w.Equal(told[0].Configs, map[string]string{"retention.ms": "1000"})
	w.Equal(len(w.log.warnings()), 0)
}
