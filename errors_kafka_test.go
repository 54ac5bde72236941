package kafka_test

import (
	"strings"
	"testing"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

func TestSaysWhichServerCannotBeReached(t *testing.T) {
	is := is.New(t)
	ctx := guarded(t)
	const nobody = "127.0.0.1:1"
	_, sourceErr := openSource(ctx, settings{"servers": nobody, "topics": "x"}, nil)
	_, destinationErr := openDestination(ctx, settings{"servers": nobody, "topic": "x"})
	for _, err := range []error{sourceErr, destinationErr} {
		is.True(err != nil)
		t.Log(err)
		is.True(strings.Contains(err.Error(), nobody))
		is.True(strings.Contains(err.Error(), "connection refused"))
	}
	is.NoErr(ctx.Err()) // after a bounded wait
}

func TestSaysThatATopicIsNotCreated(t *testing.T) {
	is := is.New(t)
	cluster := broker.ForTest(t, broker.Options{Properties: map[string]string{"auto.create.topics.enable": "false"}})
	n, err := write(guarded(t), settings{"servers": list(cluster.Servers()), "topic": "nowhere"}, numbered(3)...)
	is.Equal(n, 0)
	is.True(err != nil)
	t.Log(err)
	is.True(strings.Contains(err.Error(), `"nowhere"`))
	is.True(strings.Contains(err.Error(), "does not exist"))
}

// The records in front of one that can't be written are written, and nothing
// behind it.
func TestWritesUpToTheRecordThatFails(t *testing.T) {
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
				records[i].Metadata = opencdc.Metadata{"place": topic, "opencdc.collection": topic}
			}
			test.spoil(&records[bad])
			s := settings{"servers": list(cluster.Servers())}.with(test.settings)
			n, err := write(ctx, s, records...)
			is.True(err != nil)
			t.Log(err)
			is.Equal(n, bad)
			for _, want := range test.want {
				is.True(strings.Contains(err.Error(), want))
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
