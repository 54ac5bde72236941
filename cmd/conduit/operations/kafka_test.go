package operations

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// copyToFile is a pipeline from a topic to the file records.jsonl.
const copyToFile = `version: "2.2"
pipelines:
  - id: copy
    status: running
    connectors:
      - id: from
        type: source
        plugin: ${PLUGIN}
        settings:
          servers: ${KAFKA_SERVERS}
          topics: ${TOPIC}
          groupID: ${TOPIC}
          groupInstanceID: "${POD_NAME}"
          sessionTimeout: ${SESSION_TIMEOUT}
          readFromBeginning: "true"
          commitOffsetsDelay: 100ms
      - id: to
        type: destination
        plugin: builtin:file
        settings:
          path: records.jsonl
`

// kafka is a real cluster, and a client that looks at it.
type kafka struct {
	t *testing.T
	*broker.Cluster
	*kclient.Client
}

// shared is started by the first test that needs it.
var shared struct {
	once    sync.Once
	cluster *broker.Cluster
	err     error
}

func stopKafka() error {
	if shared.cluster == nil {
		return nil
	}
	return shared.cluster.Stop()
}

func realKafka(t *testing.T) kafka {
	t.Helper()
	if testing.Short() {
		t.Skip("runs Conduit, which takes long to build")
	}
	shared.once.Do(func() { shared.cluster, shared.err = broker.Start(context.Background(), broker.Options{}) })
	switch {
	case errors.Is(shared.err, broker.ErrUnavailable) && os.Getenv("KAFKA_REQUIRED") != "1":
		t.Skip(shared.err)
	case shared.err != nil:
		t.Fatal(shared.err)
	}
	client, err := kclient.New(shared.cluster.Servers())
	is.New(t).NoErr(err)
	t.Cleanup(client.Close)
	return kafka{t, shared.cluster, client}
}

func (k kafka) topic(partitions int32) string {
	k.t.Helper()
	return k.NewTopic(k.t, partitions, nil)
}

// variables are those of copyToFile.
func (k kafka) variables(topic string) []string {
	return []string{"KAFKA_SERVERS=" + strings.Join(k.Servers(), ","), "TOPIC=" + topic, "PLUGIN=builtin:kafka", "POD_NAME=", "SESSION_TIMEOUT=6s"}
}

// produce writes records with the values from to to-1, in turn to each partition.
func (k kafka) produce(topic string, partitions, from, to int) {
	k.t.Helper()
	var records []*kgo.Record
	for i := from; i < to; i++ {
		records = append(records, &kgo.Record{Topic: topic, Partition: int32(i % partitions), Value: fmt.Append(nil, i)})
	}
	is.New(k.t).NoErr(k.Produce(k.t.Context(), records...))
}

// groups runs Kafka's consumer group tool.
func (k kafka) groups(args ...string) string {
	k.t.Helper()
	out, err := k.Tool(k.t.Context(), "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
		append([]string{"--bootstrap-server", strings.Join(k.Direct(), ",")}, args...)...)
	is.New(k.t).NoErr(err)
	k.t.Log(args, "\n"+out)
	return out
}

// values returns the values of the records in a file of the host's, in order.
func (h *host) values(file string) []string {
	h.t.Helper()
	var out []string
	for line := range strings.Lines(h.read(file)) {
		if !strings.HasSuffix(line, "\n") {
			break // it is being written
		}
		var record struct {
			Payload struct{ After string }
		}
		is.New(h.t).NoErr(json.Unmarshal([]byte(line), &record))
		value, err := base64.StdEncoding.DecodeString(record.Payload.After)
		is.New(h.t).NoErr(err)
		out = append(out, string(value))
	}
	return out
}
