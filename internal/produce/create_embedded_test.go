package produce

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

const fresh = "created.again"

func toFresh() []message.Message {
	return []message.Message{{Topic: fresh, Partition: message.PartitionAny, Record: recordbatch.Record{Value: []byte("v")}}}
}

// refuse answers the next n requests for new topics with an error.
func (w *world) refuse(code *kerr.Error, n int) {
	w.fake.ControlKey(int16(kmsg.CreateTopics), func(req kmsg.Request) (kmsg.Response, error, bool) {
		w.fake.KeepControl()
		if n--; n < 0 {
			return nil, nil, false
		}
		return refuseTopics(req.(*kmsg.CreateTopicsRequest), code), nil, true
	})
}

func refuseTopics(req *kmsg.CreateTopicsRequest, code *kerr.Error) *kmsg.CreateTopicsResponse {
	res := req.ResponseKind().(*kmsg.CreateTopicsResponse)
	for _, t := range req.Topics {
		rt := kmsg.NewCreateTopicsResponseTopic()
		rt.Topic, rt.ErrorCode, rt.ErrorMessage = t.Topic, code.Code, kmsg.StringPtr("the broker's own words")
		res.Topics = append(res.Topics, rt)
	}
	return res
}

// shape is how many partitions and replicas of each a topic has.
func (w *world) shape(topic string) (partitions, replicas int) {
	req := kmsg.NewPtrMetadataRequest()
	t := kmsg.NewMetadataRequestTopic()
	t.Topic = kmsg.StringPtr(topic)
	req.Topics = append(req.Topics, t)
	res, err := req.RequestWith(w.ctx, w.truth.Raw())
	w.NoErr(err)
	w.NoErr(kerr.ErrorForCode(res.Topics[0].ErrorCode))
	return len(res.Topics[0].Partitions), len(res.Topics[0].Partitions[0].Replicas)
}

func TestCreatesAMissingTopic(t *testing.T) {
	for name, c := range map[string]struct {
		given                NewTopics
		partitions, replicas int
	}{
		"as the brokers do": {NewTopics{Create: true}, 10, 3}, // the fake's defaults
		"with partitions":   {NewTopics{Create: true, Partitions: 4}, 4, 3},
		"with replicas":     {NewTopics{Create: true, ReplicationFactor: 2}, 10, 2},
		"with both":         {NewTopics{Create: true, Partitions: 4, ReplicationFactor: 1}, 4, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(cfg *Config) { cfg.NewTopics = c.given })
			n, err := w.p.Send(w.ctx, toFresh())
			w.NoErr(err)
			w.Equal(n, 1)
			partitions, replicas := w.shape(fresh)
			w.Equal(partitions, c.partitions)
			w.Equal(replicas, c.replicas)
		})
	}
}

func TestCreatesAMissingTopicWithConfigs(t *testing.T) {
	for name, given := range map[string]NewTopics{"with numbers": {Create: true, Partitions: 2, ReplicationFactor: 1}, "as the brokers do": {Create: true}} {
		t.Run(name, func(t *testing.T) {
			given.Configs = []TopicConfig{{"cleanup.policy", "compact,delete"}, {"retention.ms", "3600000"}}
			w := newWorld(t, func(cfg *Config) { cfg.NewTopics = given })
			_, err := w.p.Send(w.ctx, toFresh())
			w.NoErr(err)
			req := kmsg.NewPtrDescribeConfigsRequest()
			req.Resources = []kmsg.DescribeConfigsRequestResource{{ResourceType: kmsg.ConfigResourceTypeTopic, ResourceName: fresh, ConfigNames: []string{"cleanup.policy", "retention.ms"}}}
			res, err := req.RequestWith(w.ctx, w.truth.Raw())
			w.NoErr(err)
			got := make(map[string]string)
			for _, c := range res.Resources[0].Configs {
				got[c.Name] = *c.Value
			}
			w.Equal(got, map[string]string{"cleanup.policy": "compact,delete", "retention.ms": "3600000"})
		})
	}
}

// A topic without its configs would be another one than was asked for.
func TestConfigsAreNotLeftToBrokersThatHaveNoDefaults(t *testing.T) {
	w := newWorld(t, func(cfg *Config) {
		cfg.NewTopics = NewTopics{Create: true, Configs: []TopicConfig{{"cleanup.policy", "compact"}}}
	})
	w.refuse(kerr.InvalidPartitions, 1<<30)
	_, err := w.p.Send(w.ctx, toFresh())
	w.True(errors.Is(err, kafkago.InvalidPartitionNumber))
	w.True(strings.Contains(err.Error(), "check topicPartitions and topicReplicationFactor"))
}

func TestCreatingATopicIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, code := range []*kerr.Error{kerr.NotController, kerr.RequestTimedOut, kerr.ThrottlingQuotaExceeded} {
		t.Run(code.Message, func(t *testing.T) {
			w := newWorld(t, func(cfg *Config) { cfg.NewTopics = NewTopics{Create: true, Partitions: 2} })
			w.refuse(code, 2)
			n, err := w.p.Send(w.ctx, toFresh())
			w.NoErr(err)
			w.Equal(n, 1)
		})
	}
}

// How long a topic may take to show counts from its creation.
func TestCreatingATopicIsTriedAgainForAsLongAsThereIsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(cfg *Config) { cfg.NewTopics = NewTopics{Create: true, Partitions: 2} })
	w.p.patience = 200 * time.Millisecond
	w.refuse(kerr.NotController, 8) // 10 ms to 1 s apart
	n, err := w.p.Send(w.ctx, toFresh())
	w.NoErr(err)
	w.Equal(n, 1)
}

func TestCreatingATopicWithoutAnAnswerIsTriedAsOftenAsItMay(t *testing.T) {
	w := newWorld(t, func(cfg *Config) {
		cfg.NewTopics, cfg.MaxAttempts, cfg.Backoff = NewTopics{Create: true, Partitions: 2}, 3, time.Millisecond
	})
	hangUps := w.disconnect(kmsg.CreateTopics)
	n, err := w.p.Send(w.ctx, toFresh())
	w.Equal(n, 0)
	w.Equal(attemptsIn(err), 3)
	w.Equal(hangUps.Load(), int64(3))
	w.True(strings.Contains(err.Error(), "it does not exist; create it"))
}

func TestSomebodyElseCreatesTheTopic(t *testing.T) {
	w := newWorld(t, func(cfg *Config) { cfg.NewTopics = NewTopics{Create: true, Partitions: 2} })
	w.fake.ControlKey(int16(kmsg.CreateTopics), func(kmsg.Request) (kmsg.Response, error, bool) {
		go func() { _ = w.truth.CreateTopic(w.ctx, fresh, 7, nil) }()
		return nil, nil, false
	})
	w.refuse(kerr.TopicAlreadyExists, 1)
	n, err := w.p.Send(w.ctx, toFresh())
	w.NoErr(err)
	w.Equal(n, 1)
	partitions, _ := w.shape(fresh)
	w.Equal(partitions, 7)
}

func TestTopicsThatCanNotBeCreated(t *testing.T) {
	for code, says := range map[*kerr.Error]string{
		kerr.TopicAuthorizationFailed:   "allow the login Create on the topic or on the cluster",
		kerr.ClusterAuthorizationFailed: "allow the login Create on the topic or on the cluster",
		kerr.InvalidReplicationFactor:   "check topicPartitions and topicReplicationFactor",
		kerr.InvalidPartitions:          "check topicPartitions and topicReplicationFactor",
		kerr.PolicyViolation:            "the broker's own words",
		kerr.InvalidConfig:              "check topicConfigs",
	} {
		t.Run(code.Message, func(t *testing.T) {
			w := newWorld(t, func(cfg *Config) { cfg.NewTopics = NewTopics{Create: true, Partitions: 2} })
			w.p.patience = 100 * time.Millisecond
			w.refuse(code, 1<<30)
			n, err := w.p.Send(w.ctx, toFresh())
			w.Equal(n, 0)
			w.True(errors.Is(err, kafkago.Error(code.Code)))
			w.True(strings.Contains(err.Error(), fresh))
			w.True(strings.Contains(err.Error(), says))
			w.True(strings.Contains(err.Error(), "it does not exist"))
		})
	}
}

// Brokers older than Kafka 2.4 want numbers. They may create the topic by
// themselves all the same, when they are asked for it.
func TestBrokersThatHaveNoDefaultsInRequests(t *testing.T) {
	t.Parallel()
	for name, created := range map[string]bool{"which create topics": true, "which don't": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(cfg *Config) { cfg.NewTopics = NewTopics{Create: true} })
			w.fake.ControlKey(int16(kmsg.CreateTopics), func(kmsg.Request) (kmsg.Response, error, bool) {
				if created {
					go func() { _ = w.truth.CreateTopic(w.ctx, fresh, 1, nil) }()
				}
				return nil, nil, false
			})
			w.refuse(kerr.InvalidPartitions, 1)
			n, err := w.p.Send(w.ctx, toFresh())
			if created {
				w.NoErr(err)
				w.Equal(n, 1)
				return
			}
			w.True(errors.Is(err, kafkago.InvalidPartitionNumber))
			w.True(strings.Contains(err.Error(), "check topicPartitions and topicReplicationFactor"))
		})
	}
}

func TestAMissingTopicThatMayNotBeCreated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	asked := w.count(kmsg.CreateTopics)
	looked := w.count(kmsg.Metadata)
	var times []int64
	for range 3 {
		before := looked.Load()
		n, err := w.p.Send(w.ctx, toFresh())
		w.Equal(n, 0)
		w.True(errors.Is(err, kafkago.UnknownTopicOrPartition))
		w.True(strings.Contains(err.Error(), `find topic "`+fresh+`": it does not exist, and topicAutoCreate is off: create it, or correct the topic setting`))
		times = append(times, looked.Load()-before)
	}
	w.Equal(asked.Load(), int64(0))
	w.True(times[0] > 1)              // it might just be being created
	w.Equal(times[1:], []int64{1, 1}) // and was not
	w.NoErr(w.truth.CreateTopic(w.ctx, fresh, 1, nil))
	n, err := w.p.Send(w.ctx, toFresh())
	w.NoErr(err)
	w.Equal(n, 1)
}

func TestTheDeadlineEndsTheWaitForATopic(t *testing.T) {
	t.Parallel()
	for _, silent := range []bool{false, true} { // when it is asked for again
		w := newWorld(t, func(cfg *Config) { cfg.DeliveryTimeout = 2 * time.Second })
		var asked atomic.Int64
		w.fake.ControlKey(kmsg.Metadata.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
			w.fake.KeepControl()
			return nil, nil, asked.Add(1) > 1 && silent
		})
		_, err := w.p.Send(w.ctx, toFresh())
		w.True(strings.Contains(err.Error(), "write within deliveryTimeout (2s; raise it"))
		w.True(strings.Contains(err.Error(), "topicAutoCreate is off"))
	}
}
