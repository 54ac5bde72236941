package topicconfig

import (
	"context"
	"errors"
	"slices"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/describeconfigs"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

const (
	topicResource = 2 // in requests about configuration
	// Whose a value is (KIP-226).
	unknownSource = 0
	ofTopic       = 1
	// describedAtOnce is how many topics one request asks about. An answer has about 3 KB
	// of each.
	describedAtOnce = 500
)

// errUntold is what brokers before Kafka 1.1 have instead of an answer.
var errUntold = errors.New("brokers before Kafka 1.1 do not tell which configuration is a topic's own")

// described is what brokers say of a topic's configuration.
type described struct {
	configs  map[string]string // its own
	defaults []string          // names of all other, sorted
	err      error
}

// describe asks for the configuration of topics that is to be copied. Errors of single topics
// are in the result; one that the answer does not mention is unknown to the broker.
func describe(ctx context.Context, client *cluster.Client, names []string) (map[string]described, error) {
	out := make(map[string]described, len(names))
	for some := range slices.Chunk(names, describedAtOnce) {
		req := new(describeconfigs.Request)
		for _, name := range some {
			req.Resources = append(req.Resources, describeconfigs.RequestResource{ResourceType: topicResource, ResourceName: name})
			out[name] = described{err: kafkago.UnknownTopicOrPartition}
		}
		msg, _, err := client.AskAny(ctx, req)
		if err != nil {
			return nil, err
		}
		for _, r := range msg.(*describeconfigs.Response).Resources {
			if _, asked := out[r.ResourceName]; asked && r.ResourceType == topicResource {
				out[r.ResourceName] = read(&r)
			}
		}
	}
	return out, nil
}

// read takes the answer about one topic.
func read(r *describeconfigs.ResponseResource) described {
	if err := cluster.AnswerError(r.ErrorCode, r.ErrorMessage); err != nil {
		return described{err: err}
	}
	d := described{configs: make(map[string]string)}
	for _, e := range r.ConfigEntries {
		switch {
		case e.ConfigSource == unknownSource:
			return described{err: errUntold}
		case e.IsSensitive || !copied(e.ConfigName):
		case e.ConfigSource == ofTopic:
			d.configs[e.ConfigName] = e.ConfigValue
		default:
			d.defaults = append(d.defaults, e.ConfigName)
		}
	}
	slices.Sort(d.defaults)
	return d
}
