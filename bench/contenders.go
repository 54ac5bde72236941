package main

import (
	"github.com/conduitio/conduit-connector-kafka/bench/internal/pipeline"
	"github.com/conduitio/conduit-connector-kafka/bench/internal/result"
)

// recordsAlone is what the contender calls the making of records without a client.
const recordsAlone = "records-alone"

const payloadSetting = "-set=value.format=payload"

// templateSettings are the published connector's nearest to value.format=payload.
var templateSettings = []string{
	"-set=sdk.record.format=template",
	`-set=sdk.record.format.options={{ printf "%s" .Payload.After.Bytes }}`,
}

// client returns what makes contenders of a part.
func (o options) client(part result.Part) func(name, library string, args ...string) contender {
	return func(name, library string, args ...string) contender {
		c := &client{options: o, label: name, role: part, library: library, args: args}
		if library == "published" {
			c.library, c.published = "connector", true
		}
		return c
	}
}

// sources are the contenders that read.
type sources struct{ connector, again, readOne, published, franz, equal, kafkaGo, alone contender }

func newSources(o options) sources {
	make := o.client(result.Source)
	return sources{
		connector: make(result.ConnectorReadN, "connector"),
		again:     make(result.Again(result.ConnectorReadN), "connector"),
		readOne:   make(result.ConnectorRead, "connector", "-read-one"),
		published: make(result.PublishedRead, "published"),
		franz:     make(result.FranzPoll, "franz-go"),
		equal:     make(result.FranzRecords, "franz-go-records"),
		kafkaGo:   make(result.ReaderFetch, "kafka-go"),
		alone:     make(result.RecordsAlone, recordsAlone),
	}
}

func (s sources) few() []contender { return []contender{s.connector, s.franz, s.equal} }

func (s sources) most() []contender { return append(s.few(), s.published, s.kafkaGo) }

func (s sources) all() []contender { return append(s.most(), s.readOne, s.again, s.alone) }

// destinations are the contenders that write.
type destinations struct{ payload, again, standard, published, template, franz, equal, kafkaGo contender }

func newDestinations(o options) destinations {
	make := o.client(result.Destination)
	return destinations{
		payload:   make(result.ConnectorPayload, "connector", payloadSetting),
		again:     make(result.Again(result.ConnectorPayload), "connector", payloadSetting),
		standard:  make(result.ConnectorWrite, "connector"),
		published: make(result.PublishedWrite, "published"),
		template:  make(result.PublishedTemplate, "published", templateSettings...),
		franz:     make(result.FranzProduce, "franz-go"),
		equal:     make(result.FranzFromRecords, "franz-go-records"),
		kafkaGo:   make(result.WriterWrite, "kafka-go"),
	}
}

func (d destinations) few() []contender { return []contender{d.payload, d.franz, d.equal} }

func (d destinations) most() []contender { return append(d.few(), d.published, d.standard, d.kafkaGo) }

func (d destinations) all() []contender { return append(d.most(), d.template, d.again) }

// pipelines are whole systems.
func (o options) pipelines() []contender {
	sourceBatch := map[string]string{"sdk.batch.size": "1000", "sdk.batch.delay": "10ms"}
	destinationBatch := map[string]string{"sdk.batch.size": "1000", "sdk.batch.delay": "5ms"}
	payload := map[string]string{"value.format": "payload"}
	return []contender{
		o.conduit(result.PipelineV2, false, pipeline.Conduit{V2: true}),
		o.mirror(result.PipelineMirror, 2),
		o.conduit(result.PipelineV2Published, true, pipeline.Conduit{V2: true}),
		o.conduit(result.PipelineV1Batch, false, pipeline.Conduit{Destination: destinationBatch}),
		o.conduit(result.PipelineV1PubBatch, true, pipeline.Conduit{Destination: destinationBatch}),
		o.conduit(result.PipelineV2Payload, false, pipeline.Conduit{V2: true, Destination: payload}),
		o.conduit(result.PipelineV2PubBatch, true, pipeline.Conduit{V2: true, Source: sourceBatch}),
		o.conduit(result.PipelineV1, false, pipeline.Conduit{}),
		o.conduit(result.PipelineV1Published, true, pipeline.Conduit{}),
	}
}
