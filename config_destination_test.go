package kafka

import (
	"testing"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/produce"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

func TestMistakesInADestination(t *testing.T) {
	const acks, codecs = "all (or -1), one (or 1), none (or 0)", "none, gzip, snappy, lz4 or zstd"
	tests := map[string]struct {
		given map[string]string
		want  []complaint
	}{
		"acks as a word":         {map[string]string{"acks": "two"}, []complaint{{"acks", `"two" is not allowed: ` + acks}}},
		"acks as a number":       {map[string]string{"acks": "2"}, []complaint{{"acks", `"2" is not allowed: ` + acks}}},
		"acks in capitals":       {map[string]string{"acks": "ALL"}, []complaint{{"acks", `"ALL" is not allowed: ` + acks}}},
		"compression":            {map[string]string{"compression": "brotli"}, []complaint{{"compression", `"brotli" is not allowed: ` + codecs}}},
		"negative timeout":       {map[string]string{"deliveryTimeout": "-1ns"}, []complaint{{"deliveryTimeout", "-1ns is not allowed: 0s (no limit) or more"}}},
		"negative outage":        {map[string]string{"outageTimeout": "-1ns"}, []complaint{{"outageTimeout", "-1ns is not allowed: 0s (none) or more"}}},
		"negative request":       {map[string]string{"maxRequestBytes": "-1"}, []complaint{{"maxRequestBytes", "-1 is not allowed: 0 (32 MiB), or at least batchBytes (1000012) and 1024 bytes more"}}},
		"request below a batch":  {map[string]string{"maxRequestBytes": "1001035"}, []complaint{{"maxRequestBytes", "lower batchBytes for smaller requests"}}},
		"no batch bytes":         {map[string]string{"batchBytes": "0"}, []complaint{{"batchBytes", "0 is not allowed: 1 to 1073741824 bytes"}}},
		"too many batch bytes":   {map[string]string{"batchBytes": "1073741825"}, []complaint{{"batchBytes", "1 to 1073741824 bytes"}}},
		"topic's name":           {map[string]string{"topic": "a/b"}, []complaint{{"topic", `"a/b"`}}},
		"topic's template":       {map[string]string{"topic": "{{ nothing }}"}, []complaint{{"topic", "it is not a Go template"}}},
		"format":                 {map[string]string{"sdk.record.format": "avro"}, []complaint{{"sdk.record.format", `"avro" is unknown: `}}},
		"format lists the known": {map[string]string{"sdk.record.format": "x"}, []complaint{{"sdk.record.format", "debezium/json, opencdc/json, template"}}},
		"format's template": {
			map[string]string{"sdk.record.format": "template", "sdk.record.format.options": "{{ nothing }}"},
			[]complaint{{"sdk.record.format.options", "template"}},
		},
		"topic is not allowed":      {map[string]string{"topic": "a", "allowedTopics": "b,c"}, []complaint{{"topic", `topic "a" is not one of allowedTopics (b, c)`}}},
		"names of allowed topics":   {map[string]string{"allowedTopics": "a b,ok,.."}, []complaint{{"allowedTopics", `"a b"`}, {"allowedTopics", `".."`}}},
		"partitions":                {map[string]string{"topicPartitions": "-1"}, []complaint{{"topicPartitions", "-1 is not allowed: 0 (the brokers' default) to 2147483647"}}},
		"replication factor":        {map[string]string{"topicReplicationFactor": "32768"}, []complaint{{"topicReplicationFactor", "32768 is not allowed: 0 (the brokers' default) to 32767"}}},
		"no topics to size":         {map[string]string{"topicAutoCreate": "false", "topicPartitions": "2", "topicReplicationFactor": "3"}, []complaint{{"topicPartitions", "topicAutoCreate is off"}, {"topicReplicationFactor", "topicAutoCreate is off"}}},
		"configs of topics":         {map[string]string{"topicConfigs": "cleanup.policy\nretention.ms=1\n retention.ms = 2\na b=c\nx="}, []complaint{{"topicConfigs", `line "cleanup.policy" is not name=value, for example "cleanup.policy=compact"`}, {"topicConfigs", "retention.ms is given twice"}, {"topicConfigs", `line "a b=c"`}, {"topicConfigs", "x has no value"}}},
		"no topics to follow":       {map[string]string{"topicAutoCreate": "false", "copyTopicConfigs": "true"}, []complaint{{"copyTopicConfigs", "true needs topicAutoCreate, which is off"}}},
		"no IDs to translate":       {map[string]string{"schemaRegistry.source.urls": "https://a"}, []complaint{{"schemaRegistry.source.urls", "it is for keyFormat or value.format schema-id"}}},
		"a registry of the source":  {map[string]string{"schemaRegistry.source.password": "p", "value.format": "schema-id"}, []complaint{{"schemaRegistry.source.urls", "it is required with value.format schema-id"}, {"schemaRegistry.urls", "it is required with value.format schema-id"}, {"schemaRegistry.source.password", "schemaRegistry.source.urls is not given"}, {"schemaRegistry.source.username", "it is required with schemaRegistry.source.password"}}},
		"no topics to configure":    {map[string]string{"topicAutoCreate": "false", "topicConfigs": "retention.ms=1"}, []complaint{{"topicConfigs", "topicAutoCreate is off"}}},
		"idempotent for one":        {map[string]string{"acks": "one", "idempotent": "true"}, []complaint{{"idempotent", "true needs acks all, and acks is one"}}},
		"idempotent for none":       {map[string]string{"acks": "0", "idempotent": "true"}, []complaint{{"idempotent", "true needs acks all, and acks is 0"}}},
		"attempts":                  {map[string]string{"retry.maxAttempts": "-1"}, []complaint{{"retry.maxAttempts", "-1 is not allowed: 0 (no limit) or more"}}},
		"backoff":                   {map[string]string{"retry.backoff": "-1s"}, []complaint{{"retry.backoff", "-1s is not allowed: 0s or more"}}},
		"level of snappy":           {map[string]string{"compressionLevel": "1"}, []complaint{{"compressionLevel", "snappy has no levels"}}},
		"level of none":             {map[string]string{"compression": "none", "compressionLevel": "1"}, []complaint{{"compressionLevel", "none has no levels"}}},
		"level of gzip":             {map[string]string{"compression": "gzip", "compressionLevel": "10"}, []complaint{{"compressionLevel", "1 to 9"}}},
		"level of lz4":              {map[string]string{"compression": "lz4", "compressionLevel": "-1"}, []complaint{{"compressionLevel", "1 to 9"}}},
		"level of zstd":             {map[string]string{"compression": "zstd", "compressionLevel": "23"}, []complaint{{"compressionLevel", "1 to 22"}}},
		"oversize":                  {map[string]string{"onOversize": "Drop"}, []complaint{{"onOversize", `"Drop" is not allowed: error or drop`}}},
		"partitioner":               {map[string]string{"partitioner": "murmur"}, []complaint{{"partitioner", `"murmur" is not allowed: consistent, consistent-random, fnv-1a, fnv-1a-reference, least-bytes, murmur2, murmur2-random, round-robin, sticky or metadata`}}},
		"key's template":            {map[string]string{"key": "{{ nothing }}"}, []complaint{{"key", "it is not a Go template"}}},
		"key's format":              {map[string]string{"keyFormat": "raw"}, []complaint{{"keyFormat", `"raw" is not allowed: none, connect-json`}}},
		"a format, and no registry": {map[string]string{"keyFormat": "avro", "value.format": "avro"}, []complaint{{"schemaRegistry.urls", "it is required with keyFormat avro"}, {"schemaRegistry.urls", "it is required with value.format avro"}}},
		"subjects of nothing": {
			map[string]string{"schema.subject": "x", "schema.autoRegister": "true", "value.schema": "7", "keyMessage": "M"},
			[]complaint{{"schema.subject", "topic, record or topic-record"}, {"schema.autoRegister", "that are not given by their IDs, and there is none"}, {"value.schema", "it is for the formats"}, {"keyMessage", "it is for the format protobuf"}},
		},
		"value format":  {map[string]string{"value.format": "raw"}, []complaint{{"value.format", `"raw" is not allowed: record, payload, connect-json`}}},
		"two formats":   {map[string]string{"value.format": "payload", "sdk.record.format": "debezium/json"}, []complaint{{"sdk.record.format", "value.format is payload"}}},
		"headers":       {map[string]string{"headers": "a: 1\nb\nc: {{ nothing }}\n: d\ne=f"}, []complaint{{"headers", `line "b"`}, {"headers", "c: it is not a Go template"}, {"headers", `line ": d"`}, {"headers", `line "e=f"`}}},
		"chosen fields": {map[string]string{"headersFromMetadata": "a,kafka.header.a,b?"}, []complaint{{"headersFromMetadata", `"kafka.header.a" is a field that the source makes`}, {"headersFromMetadata", `"b?" is not the name`}}},
		"timestamp":     {map[string]string{"timestamp": "createdat"}, []complaint{{"timestamp", `"createdat" is not allowed: now or createdAt`}}},
		"all at once": {
			map[string]string{
				"servers": "a", "topic": "..", "acks": "3", "compression": "Snappy", "deliveryTimeout": "-1s",
				"batchBytes": "-1", "sdk.record.format": "avro", "saslPassword": "p",
				"allowedTopics": ".", "topicPartitions": "-1", "topicReplicationFactor": "-2", "retry.maxAttempts": "-1", "retry.backoff": "-1s",
				"compressionLevel": "99", "onOversize": "x", "partitioner": "x", "key": "{{", "headers": "x", "timestamp": "x",
			},
			[]complaint{
				{"servers", `"a"`}, {"topic", `".."`}, {"acks", `"3"`}, {"compression", `"Snappy"`}, {"deliveryTimeout", "-1s"},
				{"batchBytes", "-1"}, {"sdk.record.format", `"avro"`}, {"saslUsername", "required"},
				{"allowedTopics", `"."`}, {"topicPartitions", "-1"}, {"topicReplicationFactor", "-2"}, {"retry.maxAttempts", "-1"}, {"retry.backoff", "-1s"},
				{"onOversize", `"x"`}, {"partitioner", `"x"`}, {"key", "Go template"}, {"headers", `"x"`}, {"timestamp", `"x"`},
			},
		},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := ParseDestination(changed(goodDestination, c.given))
			expectComplaints(t, err, c.want...)
		})
	}
}

func TestEachSpellingOfAcks(t *testing.T) {
	for spelling, want := range map[string]produce.Acks{
		"all": produce.AcksAll, "-1": produce.AcksAll,
		"one": produce.AcksOne, "1": produce.AcksOne,
		"none": produce.AcksNone, "0": produce.AcksNone,
	} {
		is := is.New(t)
		c, err := ParseDestination(changed(goodDestination, map[string]string{"acks": spelling}))
		is.NoErr(err)
		got, err := c.resolve()
		is.NoErr(err)
		is.Equal(got.Acks, want)
	}
}

func TestEachCompression(t *testing.T) {
	for name, want := range map[string]recordbatch.Codec{
		"none": recordbatch.None, "gzip": recordbatch.Gzip, "snappy": recordbatch.Snappy, "lz4": recordbatch.LZ4, "zstd": recordbatch.Zstd,
	} {
		is := is.New(t)
		c, err := ParseDestination(changed(goodDestination, map[string]string{"compression": name}))
		is.NoErr(err)
		got, err := c.resolve()
		is.NoErr(err)
		is.Equal(got.Codec, want)
	}
}

func TestTheLimitsOfNumbersAreAllowed(t *testing.T) {
	is := is.New(t)
	for _, bytes := range []string{"1", "1073741824"} {
		_, err := ParseDestination(changed(goodDestination, map[string]string{"batchBytes": bytes, "deliveryTimeout": "0s"}))
		is.NoErr(err)
	}
	_, err := ParseDestination(changed(goodDestination, map[string]string{"maxRequestBytes": "1001036", "outageTimeout": "0s"}))
	is.NoErr(err)
	for _, port := range []string{"a:1", "a:65535", "[::1]:9092"} {
		_, err := Parse(map[string]string{"servers": port})
		is.NoErr(err)
	}
}

func TestEachPartitioner(t *testing.T) {
	for _, name := range append(produce.Partitioners(), "metadata") {
		is := is.New(t)
		c, err := ParseDestination(changed(goodDestination, map[string]string{"partitioner": name}))
		is.NoErr(err)
		_, err = c.produceConfig(t.Context())
		is.NoErr(err)
	}
}

func TestTheDefaultsOfADestination(t *testing.T) {
	is := is.New(t)
	c, err := ParseDestination(goodDestination)
	is.NoErr(err)
	got, err := c.produceConfig(t.Context())
	is.NoErr(err)
	is.True(got.Warn != nil)
	is.True(got.Dropped == nil)
	got.Warn = nil
	got.Partitioner = produce.Partitioner{} // a function, which can't be compared
	is.Equal(got, produce.Config{
		Acks: produce.AcksAll, DeliveryTimeout: 10 * time.Second, OutageTimeout: 2 * time.Minute, RequestTimeout: 30 * time.Second, Backoff: 100 * time.Millisecond,
		Codec: recordbatch.Snappy, BatchBytes: 1000012, NewTopics: produce.NewTopics{Create: true},
	})
}

func TestIdempotentWhereAcksAllowIt(t *testing.T) {
	for _, c := range []struct {
		acks, idempotent string
		want             bool
	}{{"all", "", true}, {"-1", "true", true}, {"all", "false", false}, {"one", "", false}, {"1", "false", false}, {"none", "", false}, {"0", "false", false}} {
		is := is.New(t)
		settings := map[string]string{"acks": c.acks}
		if c.idempotent != "" {
			settings["idempotent"] = c.idempotent
		}
		cfg, err := ParseDestination(changed(goodDestination, settings))
		is.NoErr(err)
		got, err := cfg.produceConfig(t.Context())
		is.NoErr(err)
		is.Equal(got.NoSequences, !c.want)
	}
}

func TestSettingsOfADestinationReachTheProducer(t *testing.T) {
	is := is.New(t)
	c, err := ParseDestination(changed(goodDestination, map[string]string{
		"retry.maxAttempts": "7", "retry.backoff": "3s", "compression": "zstd", "compressionLevel": "9", "onOversize": "drop",
		"topicPartitions": "4", "topicReplicationFactor": "2", "topicConfigs": "\nretention.ms=-1\n  cleanup.policy = compact,delete\n",
	}))
	is.NoErr(err)
	got, err := c.produceConfig(t.Context())
	is.NoErr(err)
	is.Equal(got.MaxAttempts, 7)
	is.Equal(got.Backoff, 3*time.Second)
	is.Equal(got.Level, 9)
	is.True(got.Dropped != nil)
	is.Equal(got.NewTopics, produce.NewTopics{
		Create: true, Partitions: 4, ReplicationFactor: 2,
		Configs: []produce.TopicConfig{{Name: "cleanup.policy", Value: "compact,delete"}, {Name: "retention.ms", Value: "-1"}},
	})
}
