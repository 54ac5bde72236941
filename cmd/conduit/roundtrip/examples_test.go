package main

import (
	"encoding/binary"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// enough is how many records each output of an example shall have before they are
// looked at.
const enough = 10

// example is what a pipeline file shall bring about, without any change to it.
type example struct {
	topics []string // that get records
	file   string   // that does
	value  func(t *testing.T, topic string, value []byte)
	line   func(t *testing.T, record outputRecord)
}

// outputRecord is a line of an output file. Raw data is base64 in it.
type outputRecord struct {
	Operation string            `json:"operation"`
	Metadata  map[string]string `json:"metadata"`
	Payload   struct {
		Before json.RawMessage `json:"before"`
		After  json.RawMessage `json:"after"`
	} `json:"payload"`
}

var examples = map[string]example{
	"generator-to-kafka.yaml": {
		topics: []string{"orders"},
		value:  func(t *testing.T, _ string, value []byte) { hasFields(t, value, "customer", "id", "orderedAt", "paid") },
	},
	"kafka-to-file.yaml": {
		topics: []string{"orders"}, file: "out/orders.jsonl",
		line: func(t *testing.T, r outputRecord) { is.New(t).Equal(r.Metadata["opencdc.collection"], "orders") },
	},
	"kafka-to-kafka.yaml": {
		topics: []string{"orders", "payments", "copy.orders", "copy.payments"},
		value: func(t *testing.T, topic string, value []byte) {
			hasFields(t, value, "key", "metadata", "operation", "payload", "position")
		},
	},
	"connect-json.yaml": {
		topics: []string{"connect.orders"}, file: "out/connect-orders.jsonl",
		value: func(t *testing.T, _ string, value []byte) { hasFields(t, value, "payload", "schema") },
		line:  func(t *testing.T, r outputRecord) { hasFields(t, r.Payload.After, "customer", "id") },
	},
	"debezium.yaml": {topics: []string{"debezium.orders"}, file: "out/debezium-orders.jsonl", value: isEnvelope, line: isChange},
	"avro.yaml":     {topics: []string{"avro.orders"}, file: "out/avro-orders.jsonl", value: isFramed, line: isOrder},
	"protobuf.yaml": {topics: []string{"protobuf.orders"}, file: "out/protobuf-orders.jsonl", value: isFramed, line: isOrder},
	"json-schema.yaml": {
		topics: []string{"json-schema.orders"}, file: "out/json-schema-orders.jsonl", line: isOrder,
		value: func(t *testing.T, topic string, value []byte) {
			isFramed(t, topic, value)
			hasFields(t, value[5:], "customer", "id", "paid")
		},
	},
	"masking.yaml": {topics: []string{"customers", "customers.masked"}, value: isMasked},
	"routing.yaml": {topics: []string{"orders.all", "orders.paid", "orders.open"}, value: isRouted},
	"dead-letter-queue.yaml": {
		topics: []string{"orders.checked", "orders.dead"}, value: isDeadIfTooLarge,
	},
	"compose/pipelines.yaml": {topics: []string{"orders", "orders-copy"}},
}

func TestExamplesRunAsTheyAre(t *testing.T) {
	dir := "../../../examples"
	files, err := filepath.Glob(dir + "/*.yaml")
	is.New(t).NoErr(err)
	for _, file := range append(files, dir+"/compose/pipelines.yaml") {
		name := strings.TrimPrefix(file, dir+"/")
		t.Run(name, func(t *testing.T) { examples[name].run(t, file) })
	}
	is.New(t).Equal(len(files)+1, len(examples)) // each has its test
}

func (e example) run(t *testing.T, file string) {
	is := is.New(t)
	path, err := filepath.Abs(file)
	is.NoErr(err)
	p := start(t, "", "-pipelines", path)
	cl := p.connect()
	defer cl.Close()
	for _, topic := range e.topics {
		for _, r := range p.awaitRecords(cl, topic) {
			if e.value != nil {
				e.value(t, topic, r.Value)
			}
		}
	}
	if e.file != "" {
		p.await("lines in "+e.file, func() bool { return countLines(p.read(e.file)) >= enough })
		for _, line := range strings.SplitN(p.read(e.file), "\n", enough+1)[:enough] {
			var r outputRecord
			is.NoErr(json.Unmarshal([]byte(line), &r))
			e.line(t, r)
		}
	}
	p.interrupt()
	is.Equal(p.wait(), 0)
	for _, topic := range e.topics {
		is.True(p.find(`topic `+topic+` +([1-9]\d*) records`) != "")
	}
}

// connect returns a client of the embedded Kafka.
func (p *program) connect() *kclient.Client {
	p.t.Helper()
	var servers string
	p.await("Kafka", func() bool { servers = p.find(`Kafka at (\S+) \(embedded\)`); return servers != "" })
	cl, err := kclient.New(strings.Split(servers, ","))
	is.New(p.t).NoErr(err)
	return cl
}

// awaitRecords waits until a topic has enough records and returns them.
func (p *program) awaitRecords(cl *kclient.Client, topic string) []*kgo.Record {
	p.t.Helper()
	p.await("records in "+topic, func() bool {
		n, err := countRecords(p.t.Context(), cl, topic)
		return err == nil && n >= enough // an error until there is such a topic
	})
	records, err := cl.Consume(p.t.Context(), topic)
	is.New(p.t).NoErr(err)
	return records
}

// hasFields checks that a JSON object has these fields and no others, and returns
// it.
func hasFields(t *testing.T, object []byte, names ...string) map[string]any {
	t.Helper()
	is := is.New(t)
	var fields map[string]any
	is.NoErr(json.Unmarshal(object, &fields))
	for _, name := range names {
		_, ok := fields[name]
		is.True(ok) // a field is missing
	}
	is.Equal(len(fields), len(names))
	return fields
}

func isEnvelope(t *testing.T, _ string, value []byte) {
	is := is.New(t)
	payload, ok := hasFields(t, value, "payload", "schema")["payload"].(map[string]any)
	is.True(ok)
	for _, name := range []string{"before", "after", "source", "op"} {
		_, ok := payload[name]
		is.True(ok)
	}
}

// isChange checks what belongs to each operation.
func isChange(t *testing.T, r outputRecord) {
	before, after := string(r.Payload.Before) != "null", string(r.Payload.After) != "null"
	want := map[string][2]bool{"create": {false, true}, "update": {true, true}, "delete": {true, false}, "snapshot": {false, true}}
	is.New(t).Equal([2]bool{before, after}, want[r.Operation])
	if after {
		hasFields(t, r.Payload.After, "customer", "id")
	}
}

// isFramed checks for the format of Confluent's serializers.
func isFramed(t *testing.T, _ string, value []byte) {
	is := is.New(t)
	is.True(len(value) > 5)
	is.Equal(value[0], byte(0))
	is.True(binary.BigEndian.Uint32(value[1:]) > 0) // the schema's ID
}

func isOrder(t *testing.T, r outputRecord) { hasFields(t, r.Payload.After, "customer", "id", "paid") }

func isMasked(t *testing.T, topic string, value []byte) {
	if topic == "customers" {
		hasFields(t, value, "card", "name", "password")
		return
	}
	is := is.New(t)
	fields := hasFields(t, value, "card", "name")
	is.Equal(len(fields["name"].(string)), 64) // SHA-256
	is.True(strings.HasPrefix(fields["card"].(string), "****"))
	is.True(len(fields["card"].(string)) <= 8)
}

func isRouted(t *testing.T, topic string, value []byte) {
	paid := hasFields(t, value, "id", "paid")["paid"]
	if topic != "orders.all" {
		is.New(t).Equal(paid, topic == "orders.paid")
	}
}

func isDeadIfTooLarge(t *testing.T, topic string, value []byte) {
	if topic == "orders.checked" {
		hasFields(t, value, "id")
		return
	}
	is := is.New(t)
	var letter struct {
		Metadata map[string]string `json:"metadata"`
	}
	is.NoErr(json.Unmarshal(value, &letter))
	expect.Text(t, letter.Metadata["conduit.dlq.nack.error"], "over batchBytes (130)")
}
