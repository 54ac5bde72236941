package versions_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// partitions are those of each topic here.
const partitions = 4

// codecs of compression. Brokers know zstd since Kafka 2.1 (KIP-110).
var codecs = []string{"none", "gzip", "snappy", "lz4", "zstd"}

// cluster is one that the scenarios run on.
type cluster struct {
	servers     []string
	client      *kclient.Client // looks at it without the connector
	records     int             // in a round trip
	codecs      []string        // that brokers know
	destination settings        // that the cluster needs
	created     func(topic string)
	// idempotentWrite says that idempotent writes take a right of the cluster, as before
	// Kafka 2.8, and not only one to write to a topic (KIP-679).
	idempotentWrite bool
}

func newCluster(t *testing.T, servers []string) cluster {
	t.Helper()
	client, err := kclient.New(servers)
	is.New(t).NoErr(err)
	t.Cleanup(client.Close)
	return cluster{servers: servers, client: client, codecs: codecs, created: func(string) {}}
}

// topic makes one, and returns the settings of a source and of a destination for it.
func (c cluster) topic(t *testing.T) (topic string, source, destination settings) {
	t.Helper()
	topic = "t-" + uuid.NewString()
	is.New(t).NoErr(c.client.CreateTopic(guarded(t), topic, partitions, nil))
	c.created(topic)
	servers := settings{"servers": strings.Join(c.servers, ",")}
	source = servers.with(settings{"topics": topic, "readFromBeginning": "true"})
	destination = servers.with(settings{"topic": topic, "partitioner": "metadata", "value.format": "payload"})
	return topic, source, destination.with(c.destination)
}
