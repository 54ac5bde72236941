package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

func TestExamplesRunAsTheyAre(t *testing.T) {
	type outcome struct {
		topics []string // that get records
		output string   // file that does
	}
	expected := map[string]outcome{
		"generator-to-kafka.yaml": {topics: []string{"orders"}},
		"kafka-to-file.yaml":      {topics: []string{"orders"}, output: "out/orders.jsonl"},
		"kafka-to-kafka.yaml":     {topics: []string{"orders", "payments", "copy.orders", "copy.payments"}},
	}
	files, err := filepath.Glob("../../../examples/*.yaml")
	is.New(t).NoErr(err)
	is.New(t).Equal(len(files), len(expected))
	for _, file := range files {
		want := expected[filepath.Base(file)]
		t.Run(filepath.Base(file), func(t *testing.T) {
			is := is.New(t)
			path, err := filepath.Abs(file)
			is.NoErr(err)
			p := start(t, "", "-pipelines", path)
			p.awaitRecords(want.topics)
			if want.output != "" {
				p.await("lines in "+want.output, func() bool { return countLines(p.read(want.output)) > 0 })
			}
			p.interrupt()
			is.Equal(p.wait(), 0)
			for _, topic := range want.topics {
				is.True(p.find(`topic `+topic+` +([1-9]\d*) records`) != "")
			}
		})
	}
}

// awaitRecords waits until each topic of the embedded Kafka has records.
func (p *program) awaitRecords(topics []string) {
	p.t.Helper()
	var servers string
	p.await("Kafka", func() bool { servers = p.find(`Kafka at (\S+) \(embedded\)`); return servers != "" })
	cl, err := kclient.New(strings.Split(servers, ","))
	is.New(p.t).NoErr(err)
	defer cl.Close()
	for _, topic := range topics {
		p.await("records in "+topic, func() bool {
			n, err := countRecords(p.t.Context(), cl, topic)
			return err == nil && n > 0 // an error until there is such a topic
		})
	}
}
