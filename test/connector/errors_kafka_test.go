package connector_test

import (
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

func TestSaysWhichServerCannotBeReached(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx := guarded(t)
	const nobody = "127.0.0.1:1"
	_, sourceErr := openSource(ctx, settings{"servers": nobody, "topics": "x"}, nil)
	_, destinationErr := openDestination(ctx, settings{"servers": nobody, "topic": "x"})
	for _, err := range []error{sourceErr, destinationErr} {
		is.True(err != nil)
		t.Log(err)
		expect.Error(t, err, nobody, "connection refused")
	}
	is.NoErr(ctx.Err()) // after a bounded wait
}

// The records before one that can't be written are written, and nothing
// after it.
func TestWritesUpToTheRecordThatFails(t *testing.T) {
	t.Parallel()
	cluster, client, _ := realKafka(t, 1)
	const bad = 7
	for name, test := range map[string]struct {
		settings settings
		spoil    func(*opencdc.Record)
		want     []string
	}{
		"topic template fails": {
			settings{"topic": `{{ if not .Metadata.place }}{{ fail "no place to go" }}{{ end }}{{ .Metadata.place }}`},
			func(r *opencdc.Record) { delete(r.Metadata, "place") },
			[]string{"no place to go", "record 7"},
		},
		"topic metadata is missing": {
			settings{"topic": `{{ index .Metadata "place" }}`},
			func(r *opencdc.Record) { delete(r.Metadata, "place") },
			[]string{"place", "record 7"},
		},
		"record format fails": {
			settings{"sdk.record.format": "template", "sdk.record.format.options": "{{ .Metadata.place }}"},
			func(r *opencdc.Record) { r.Metadata = opencdc.Metadata{"opencdc.collection": r.Metadata["place"]} },
			[]string{"place", "record 7"},
		},
		"topic is not allowed": {
			settings{"topic": `{{ index .Metadata "place" }}`, "allowedTopics": "orders"},
			func(r *opencdc.Record) { r.Metadata["place"] = "elsewhere" },
			[]string{`topic "elsewhere" is not one of allowedTopics`, "record 7"},
		},
		"no such partition": {
			settings{"partitioner": "metadata"},
			func(r *opencdc.Record) { r.Metadata["kafka.partition"] = "3" },
			[]string{"choose partition 3", "it has partitions 0 to 2", `metadata field "kafka.partition" (partitionMetadata) says 3`, "record 7"},
		},
		"partition is no number": {
			settings{"partitioner": "metadata"},
			func(r *opencdc.Record) { r.Metadata["kafka.partition"] = "two" },
			[]string{`metadata field "kafka.partition" (partitionMetadata) is "two"`, "record 7"},
		},
		"key template fails": {
			settings{"key": "{{ .Metadata.place }}"},
			func(r *opencdc.Record) {
				r.Metadata = opencdc.Metadata{"opencdc.collection": r.Metadata["place"], "kafka.partition": "1"}
			},
			[]string{"template of key", "place", "record 7"},
		},
		"header template fails": {
			settings{"headers": "from: {{ .Metadata.place }}"},
			func(r *opencdc.Record) {
				r.Metadata = opencdc.Metadata{"opencdc.collection": r.Metadata["place"], "kafka.partition": "1"}
			},
			[]string{"template of headers: from", "place", "record 7"},
		},
		"list of headers is broken": {
			settings{},
			func(r *opencdc.Record) { r.Metadata["kafka.headers"], r.Metadata["kafka.header.a"] = "[", "1" },
			[]string{`metadata field "kafka.headers"`, "record 7"},
		},
		"creation is no time": {
			settings{"timestamp": "createdAt"},
			func(r *opencdc.Record) { r.Metadata["opencdc.createdAt"] = "yesterday" },
			[]string{`metadata field "opencdc.createdAt" is "yesterday"`, "record 7"},
		},
		"record is too large": {
			settings{"batchBytes": "2000"},
			func(r *opencdc.Record) { r.Payload.After = opencdc.RawData(strings.Repeat("x", 3000)) },
			[]string{"batchBytes", "2000", "record 7"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			ctx := guarded(t)
			topic := freshTopic(t, client, 3)
			records := numbered(10)
			for i := range records {
				records[i].Metadata = opencdc.Metadata{"place": topic, "opencdc.collection": topic, "kafka.partition": "1"}
			}
			test.spoil(&records[bad])
			s := settings{"servers": list(cluster.Servers())}.with(test.settings)
			if s["allowedTopics"] != "" {
				s["allowedTopics"] += "," + topic
			}
			n, err := write(ctx, s, records...)
			is.True(err != nil)
			t.Log(err)
			is.Equal(n, bad)
			for _, want := range test.want {
				expect.Error(t, err, want)
			}
			is.Equal(countRecords(t, client, topic), bad)
		})
	}
}

func countRecords(t *testing.T, client *kclient.Client, topic string) int {
	t.Helper()
	records, err := client.Consume(guarded(t), topic)
	is.New(t).NoErr(err)
	return len(records)
}
