package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// dlqPipeline copies records to the topics that their header "to" names, and has a
// dead-letter queue.
const dlqPipeline = `
version: "2.2"
pipelines:
  - id: dlq
    status: running
    connectors:
      - id: in
        type: source
        plugin: builtin:kafka
        settings:
          servers: ${KAFKA_SERVERS}
          topics: in
          groupID: dlq
          readFromBeginning: "true"
          commitOffsetsDelay: 100ms
      - id: out
        type: destination
        plugin: builtin:kafka
        settings:
          servers: ${KAFKA_SERVERS}
          topic: '{{ index .Metadata "kafka.header.to" }}'
          allowedTopics: out,compacted,narrow
          batchBytes: "20000"
          compression: none
          sdk.record.format: template
          sdk.record.format.options: '{{ if index .Metadata "kafka.header.unfit" }}{{ fail "unfit to be written" }}{{ end }}{{ printf "%s" .Payload.After.Bytes }}'
    dead-letter-queue:
      plugin: builtin:kafka
      settings:
        servers: ${KAFKA_SERVERS}
        topic: dlq
        value.format: payload
        headers: |
          reason: {{ index .Metadata "conduit.dlq.nack.error" }}
      window-size: 0
`

// bad are records that can't be written, by their value, each with words of the
// reason.
var bad = map[string]struct {
	to, unfit string
	size      int
	reason    string
}{
	"not allowed":        {to: "elsewhere", reason: "is not one of allowedTopics"},
	"no topic":           {to: "", reason: "the name is empty"},
	"oversize":           {to: "out", size: 30_000, reason: "over batchBytes (20000)"},
	"over topic's limit": {to: "narrow", size: 3000, reason: "max.message.bytes"},
	"unserialisable":     {to: "out", unfit: "yes", reason: "unfit to be written"},
	"refused":            {to: "compacted", reason: "Invalid Record"}, // which wants a key
}

const goodRecords = 200

func TestBadRecordsArriveInTheDeadLetterQueueWithTheReason(t *testing.T) {
	for name, v2 := range map[string]bool{"first architecture": false, "second architecture": true} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			t.Setenv("CONDUIT_PREVIEW_PIPELINE_ARCH_V2", fmt.Sprint(v2))
			ctx := t.Context()
			servers := realKafka(t)
			cl, err := kclient.New(servers)
			is.NoErr(err)
			defer cl.Close()
			for topic, config := range map[string]map[string]string{
				"in": nil, "out": nil, "compacted": {"cleanup.policy": "compact"}, "narrow": {"max.message.bytes": "2000"}, "dlq": {"max.message.bytes": "4000000"},
			} {
				is.NoErr(cl.CreateTopic(ctx, topic, 1, config))
			}
			is.NoErr(cl.Produce(ctx, records()...))

			path := filepath.Join(t.TempDir(), "dlq.yaml")
			is.NoErr(os.WriteFile(path, []byte(dlqPipeline), 0o644))
			p := start(t, strings.Join(servers, ","), "-pipelines", path)
			p.await("answers for all records", func() bool {
				committed, err := cl.Committed(ctx, "dlq", "in")
				return err == nil && committed[0] == goodRecords+int64(len(bad))
			})
			p.interrupt()
			is.Equal(p.wait(), 0)

			good, reasons := outcome(t, cl)
			own := 0
			for value, b := range bad {
				is.True(reasons[value] != "")
				if strings.Contains(reasons[value], b.reason) {
					own++
				}
				delete(reasons, value)
			}
			is.True(own > 0)
			once := slices.Compact(slices.Sorted(slices.Values(good)))
			is.Equal(len(once), len(good)) // nothing is written twice
			if !v2 {
				is.Equal(own, len(bad))
				is.Equal(len(reasons), 0)
			}
			// The second architecture writes batches, for which Conduit has one
			// answer: what comes after a bad record shares its fate and its reason,
			// also if it was written at the same time to another partition.
			for value, reason := range reasons {
				expect.Text(t, reason, "of the batch")
				good = append(good, value)
			}
			for i := range goodRecords {
				is.True(slices.Contains(good, fmt.Sprint(i)))
			}
		})
	}
}

// realKafka starts Kafka.
func realKafka(t *testing.T) []string {
	t.Helper()
	if testing.Short() {
		t.Skip("runs Conduit, which takes long to build")
	}
	c, err := broker.Start(context.Background(), broker.Options{Faults: true}) // of its own
	if errors.Is(err, broker.ErrUnavailable) && os.Getenv("KAFKA_REQUIRED") != "1" {
		t.Skip(err)
	}
	is.New(t).NoErr(err)
	t.Cleanup(func() { is.New(t).NoErr(c.Stop()) })
	return c.Servers()
}

// records are the good ones, numbered, with the bad ones in between.
func records() []*kgo.Record {
	var out []*kgo.Record
	add := func(value, to, unfit string, size int) {
		r := &kgo.Record{Topic: "in", Value: []byte(value + strings.Repeat(" ", max(0, size-len(value)))), Headers: []kgo.RecordHeader{{Key: "to", Value: []byte(to)}}}
		if unfit != "" {
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: "unfit", Value: []byte(unfit)})
		}
		out = append(out, r)
	}
	left := []string{}
	for value := range bad {
		left = append(left, value)
	}
	for i := range goodRecords {
		if i%30 == 10 && len(left) > 0 {
			b := bad[left[0]]
			add(left[0], b.to, b.unfit, b.size)
			left = left[1:]
		}
		add(fmt.Sprint(i), "out", "", 0)
	}
	return out
}

// outcome is the values that were written, in order, and the reason for each value
// in the dead-letter queue.
func outcome(t *testing.T, cl *kclient.Client) (good []string, reasons map[string]string) {
	t.Helper()
	is := is.New(t)
	written, err := cl.Consume(t.Context(), "out")
	is.NoErr(err)
	for _, r := range written {
		good = append(good, string(r.Value))
	}
	reasons = make(map[string]string)
	dead, err := cl.Consume(t.Context(), "dlq")
	is.NoErr(err)
	for _, r := range dead {
		var record struct {
			Metadata map[string]string
			Payload  struct{ After []byte }
		}
		is.NoErr(json.Unmarshal(r.Value, &record))
		is.Equal(record.Metadata["opencdc.collection"], "in")
		is.Equal(len(r.Headers), 1)
		is.Equal(r.Headers[0].Key, "reason")
		value := strings.TrimSpace(string(record.Payload.After))
		_, twice := reasons[value]
		is.True(!twice)
		reasons[value] = string(r.Headers[0].Value)
	}
	return good, reasons
}
