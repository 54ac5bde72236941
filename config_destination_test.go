package kafka

import (
	"testing"

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
		"all at once": {
			map[string]string{
				"servers": "a", "topic": "..", "acks": "3", "compression": "Snappy", "deliveryTimeout": "-1s",
				"batchBytes": "-1", "sdk.record.format": "avro", "saslPassword": "p",
			},
			[]complaint{
				{"servers", `"a"`}, {"topic", `".."`}, {"acks", `"3"`}, {"compression", `"Snappy"`}, {"deliveryTimeout", "-1s"},
				{"batchBytes", "-1"}, {"sdk.record.format", `"avro"`}, {"saslUsername", "required"},
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
		got, err := parseAcks(c.Acks)
		is.NoErr(err)
		is.Equal(got, want)
	}
}

func TestEachCompression(t *testing.T) {
	for name, want := range map[string]recordbatch.Codec{
		"none": recordbatch.None, "gzip": recordbatch.Gzip, "snappy": recordbatch.Snappy, "lz4": recordbatch.LZ4, "zstd": recordbatch.Zstd,
	} {
		is := is.New(t)
		c, err := ParseDestination(changed(goodDestination, map[string]string{"compression": name}))
		is.NoErr(err)
		got, err := parseCodec(c.Compression)
		is.NoErr(err)
		is.Equal(got, want)
	}
}

func TestTheLimitsOfNumbersAreAllowed(t *testing.T) {
	is := is.New(t)
	for _, bytes := range []string{"1", "1073741824"} {
		_, err := ParseDestination(changed(goodDestination, map[string]string{"batchBytes": bytes, "deliveryTimeout": "0s"}))
		is.NoErr(err)
	}
	for _, port := range []string{"a:1", "a:65535", "[::1]:9092"} {
		_, err := Parse(map[string]string{"servers": port})
		is.NoErr(err)
	}
}
