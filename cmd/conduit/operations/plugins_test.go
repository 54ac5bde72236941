package operations

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// copies are pipelines from the topic "in", one for each way in which connectors run in
// plugin processes, and one from a source that makes batches of 9 MB.
var copies = map[string]string{
	"source": `
      - {id: from, type: source, plugin: standalone:kafka, settings: {servers: "${KAFKA_SERVERS}", topics: in, groupID: source, readFromBeginning: "true"}}
      - {id: to, type: destination, plugin: builtin:kafka, settings: {servers: "${KAFKA_SERVERS}", topic: source, value.format: payload}}
`,
	"destination": `
      - {id: from, type: source, plugin: builtin:kafka, settings: {servers: "${KAFKA_SERVERS}", topics: in, groupID: destination, readFromBeginning: "true"}}
      - {id: to, type: destination, plugin: standalone:kafka, settings: {servers: "${KAFKA_SERVERS}", topic: destination, value.format: payload}}
`,
	"both": `
      - {id: from, type: source, plugin: standalone:kafka, settings: {servers: "${KAFKA_SERVERS}", topics: in, groupID: both, readFromBeginning: "true"}}
      - {id: to, type: destination, plugin: standalone:kafka, settings: {servers: "${KAFKA_SERVERS}", topic: both, value.format: payload}}
`,
	"generated": `
      - {id: from, type: source, plugin: builtin:generator, settings: {format.type: file, format.options.path: value.json, recordCount: "20000", sdk.batch.size: "3000", sdk.batch.delay: 1s}}
      - {id: to, type: destination, plugin: standalone:kafka, settings: {servers: "${KAFKA_SERVERS}", topic: generated, value.format: payload}}
`,
	// The limit of this destination is gRPC's own.
	"file": `
      - {id: from, type: source, plugin: builtin:kafka, settings: {servers: "${KAFKA_SERVERS}", topics: in, groupID: file, readFromBeginning: "true"}}
      - {id: to, type: destination, plugin: standalone:file, settings: {path: file.jsonl}}
`,
	"collected": `
      - {id: from, type: source, plugin: builtin:kafka, settings: {servers: "${KAFKA_SERVERS}", topics: in, groupID: collected, readFromBeginning: "true", sdk.batch.size: "4000", sdk.batch.delay: 1s}}
      - {id: to, type: destination, plugin: standalone:file, settings: {path: collected.jsonl}}
`,
}

// Batches of records used to be larger than what a plugin process takes at once.
func TestLargeRecordsPassThroughPluginProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Conduit, which takes long to build")
	}
	const count = 20_000
	value := func(i int) string { return fmt.Sprintf(`{"id":%d,"text":%q}`, i, strings.Repeat("x", 3000)) }
	for name, v2 := range map[string]bool{"first architecture": false, "second architecture": true} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			c := embedded.Start(t, kfake.NumBrokers(1), kfake.SeedTopics(1, "in", "source", "destination", "both", "generated"))
			client, err := kclient.New(c.ListenAddrs(), kgo.ProducerBatchCompression(kgo.SnappyCompression()))
			is.NoErr(err)
			defer client.Close()
			records := make([]*kgo.Record, count)
			for i := range records {
				records[i] = &kgo.Record{Topic: "in", Value: []byte(value(i))}
			}
			is.NoErr(client.Produce(t.Context(), records...))

			dir := t.TempDir()
			is.NoErr(os.WriteFile(filepath.Join(dir, "value.json"), []byte(value(0)), 0o600))
			pipelines := "version: \"2.2\"\npipelines:\n"
			for id, connectors := range copies {
				pipelines += fmt.Sprintf("  - id: %s\n    status: running\n    connectors:%s", id, connectors)
			}
			h := start(t, dir, pipelines, "KAFKA_SERVERS="+c.ListenAddrs()[0], fmt.Sprintf("CONDUIT_PREVIEW_PIPELINE_ARCH_V2=%t", v2))
			for id := range copies {
				switch id {
				case "file", "collected":
					await(t, "records in the file of "+id, func() bool { return strings.Count(h.read(id+".jsonl"), "\n") == count })
					for i, got := range h.values(id + ".jsonl") {
						is.Equal(got, value(i))
					}
				default:
					await(t, "records in the topic of "+id, func() bool {
						ends, err := client.EndOffsets(t.Context(), id)
						is.NoErr(err)
						return ends[0] >= count
					})
					got, err := client.Consume(t.Context(), id)
					is.NoErr(err)
					is.Equal(len(got), count)
					for i, r := range got {
						if id == "generated" {
							i = 0
						}
						is.Equal(string(r.Value), value(i))
					}
				}
			}
			h.stop()
		})
	}
}
