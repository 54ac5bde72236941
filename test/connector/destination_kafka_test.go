package connector_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// consume returns the records of a topic in the order of their offsets, partition
// after partition.
func consume(t *testing.T, client *kclient.Client, topic string) []*kgo.Record {
	t.Helper()
	records, err := client.Consume(guarded(t), topic)
	is.New(t).NoErr(err)
	return records
}

// text writes a record as key|value|headers, null as <null>.
func text(r *kgo.Record) string {
	field := func(b []byte) string {
		if b == nil {
			return "<null>"
		}
		return string(b)
	}
	out := field(r.Key) + "|" + field(r.Value) + "|"
	for i, h := range r.Headers {
		if i > 0 {
			out += ","
		}
		out += h.Key + "=" + field(h.Value)
	}
	return out
}

func TestWritesWhatTheSettingsMakeOfARecord(t *testing.T) {
	t.Parallel()
	cluster, client, _ := realKafka(t, 1)
	raw := opencdc.Record{
		Operation: opencdc.OperationCreate, Key: opencdc.RawData("k\xff"), Payload: opencdc.Change{After: opencdc.RawData("v\xff")},
		Metadata: opencdc.Metadata{"kafka.header.b": "2", "kafka.header.a": "1", "region": "eu"},
	}
	structured := opencdc.Record{
		Operation: opencdc.OperationUpdate, Key: opencdc.StructuredData{"id": 7}, Payload: opencdc.Change{After: opencdc.StructuredData{"n": 1}},
		Metadata: opencdc.Metadata{"region": "us"},
	}
	deleted := opencdc.Record{Operation: opencdc.OperationDelete, Key: opencdc.RawData("k"), Payload: opencdc.Change{Before: opencdc.RawData("v")}}
	payload := settings{"value.format": "payload"}
	for name, test := range map[string]struct {
		settings settings
		record   opencdc.Record
		want     string
	}{
		"payload, raw":          {payload, raw, "k\xff|v\xff|a=1,b=2"},
		"payload, structured":   {payload, structured, `{"id":7}|{"n":1}|`},
		"payload, delete":       {payload, deleted, "k|<null>|"},
		"payload, null":         {payload, opencdc.Record{Key: opencdc.RawData(nil), Payload: opencdc.Change{After: opencdc.RawData(nil)}}, "<null>|<null>|"},
		"payload, empty":        {payload, opencdc.Record{Key: opencdc.RawData{}, Payload: opencdc.Change{After: opencdc.RawData{}}}, "||"},
		"key of a template":     {payload.with(settings{"key": `{{ index .Metadata "region" }}-{{ .Key.id }}`}), structured, `us-7|{"n":1}|`},
		"key of metadata":       {payload.with(settings{"key": `{{ index .Metadata "region" }}`}), raw, "eu|v\xff|a=1,b=2"},
		"no key of metadata":    {payload.with(settings{"key": `{{ index .Metadata "nothing" }}`}), raw, "<null>|v\xff|a=1,b=2"},
		"headers of settings":   {payload.with(settings{"headers": "from: conduit\nregion: {{ index .Metadata \"region\" }}\na: own"}), raw, "k\xff|v\xff|b=2,from=conduit,region=eu,a=own"},
		"headers left out":      {payload.with(settings{"forwardHeaders": "false"}), raw, "k\xff|v\xff|"},
		"record, as JSON":       {nil, opencdc.Record{Key: opencdc.RawData("k")}, `k|{"position":null,"operation":"Operation(0)","metadata":null,"key":"aw==","payload":{"before":null,"after":null}}|`},
		"record, of a template": {settings{"sdk.record.format": "template", "sdk.record.format.options": "{{ .Operation }}"}, structured, `{"id":7}|update|`},
		"Kafka Connect's envelope": {
			settings{"sdk.record.format": "debezium/json"}, opencdc.Record{Operation: opencdc.OperationCreate, Key: opencdc.StructuredData{"id": "7"}},
			`{"schema":{"type":"struct","optional":true,"fields":[{"type":"string","field":"id"}]},"payload":{"id":"7"}}|{"schema":`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			topic := freshTopic(t, client, 1)
			n, err := write(guarded(t), settings{"servers": list(cluster.Servers()), "topic": topic}.with(test.settings), test.record)
			is.NoErr(err)
			is.Equal(n, 1)
			got := text(consume(t, client, topic)[0])
			if strings.HasSuffix(test.want, ":") {
				got = got[:len(test.want)]
			}
			is.Equal(got, test.want)
		})
	}
}

// A tombstone makes a compacted topic forget a key: this is what it is for.
func TestADeleteIsATombstone(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	cluster, client, topic := realKafka(t, 1)
	create := opencdc.Record{Operation: opencdc.OperationCreate, Key: opencdc.RawData("k"), Payload: opencdc.Change{After: opencdc.RawData("v")}}
	remove := opencdc.Record{Operation: opencdc.OperationDelete, Key: opencdc.RawData("k"), Payload: opencdc.Change{Before: opencdc.RawData("v"), After: opencdc.RawData("v")}}
	_, err := write(guarded(t), settings{"servers": list(cluster.Servers()), "topic": topic, "value.format": "payload"}, create, remove)
	is.NoErr(err)
	got := consume(t, client, topic)
	is.Equal(len(got), 2)
	is.Equal(text(got[0]), "k|v|")
	is.Equal(text(got[1]), "k|<null>|")
}

func TestTimestampsOfRecordsAndOfNow(t *testing.T) {
	t.Parallel()
	cluster, client, _ := realKafka(t, 1)
	created := time.UnixMilli(1_600_000_000_123)
	for setting, kept := range map[string]bool{"createdAt": true, "now": false} {
		t.Run(setting, func(t *testing.T) {
			is := is.New(t)
			topic := freshTopic(t, client, 1)
			records := numbered(2)
			records[0].Metadata = opencdc.Metadata{}
			records[0].Metadata.SetCreatedAt(created)
			before := time.Now().Add(-time.Millisecond)
			_, err := write(guarded(t), settings{"servers": list(cluster.Servers()), "topic": topic, "timestamp": setting}, records...)
			is.NoErr(err)
			got := consume(t, client, topic)
			is.Equal(got[0].Timestamp.Equal(created), kept)
			is.Equal(got[0].Timestamp.After(before), !kept)
			is.True(got[1].Timestamp.After(before)) // it has no time of creation
		})
	}
}

// Which keys go where is compared with other clients in internal/produce. Here it
// is seen that the setting arrives.
func TestWritesToThePartitionsOfEachPartitioner(t *testing.T) {
	t.Parallel()
	cluster, client, _ := realKafka(t, 1)
	const murmur2, crc32, fnv, fnvReference = 3, 4, 1, 2 // of key-65, among five
	for partitioner, want := range map[string]func(keyed, keyless []int32) bool{
		"murmur2":        func(keyed, keyless []int32) bool { return same(keyed) && keyed[0] == murmur2 && same(keyless) },
		"murmur2-random": func(keyed, keyless []int32) bool { return same(keyed) && keyed[0] == murmur2 && !same(keyless) },
		"fnv-1a":         func(keyed, keyless []int32) bool { return same(keyed) && keyed[0] == fnv && inTurn(keyless) },
		"fnv-1a-reference": func(keyed, keyless []int32) bool {
			return same(keyed) && keyed[0] == fnvReference && !same(keyless) && !inTurn(keyless)
		},
		"consistent": func(keyed, keyless []int32) bool {
			return same(keyed) && keyed[0] == crc32 && same(keyless) && keyless[0] == 0
		},
		"consistent-random": func(keyed, keyless []int32) bool { return same(keyed) && keyed[0] == crc32 && !same(keyless) },
		"round-robin":       func(keyed, keyless []int32) bool { return inTurn(keyed) && inTurn(keyless) },
		"least-bytes":       func(keyed, keyless []int32) bool { return inTurn(keyed) && inTurn(keyless) },
		"sticky":            func(keyed, keyless []int32) bool { return same(keyed) && same(keyless) },
		"metadata": func(keyed, keyless []int32) bool {
			return slices.Equal(keyed, keyless) && keyed[0] == 2 && !inTurn(keyed)
		},
	} {
		t.Run(partitioner, func(t *testing.T) {
			is := is.New(t)
			choices := func(key opencdc.Data) []int32 {
				topic := freshTopic(t, client, 5)
				records := numbered(40)
				for i := range records {
					records[i].Key = key
					records[i].Payload.After = opencdc.RawData(fmt.Sprintf("%02d", i))
					records[i].Metadata = opencdc.Metadata{"kafka.partition": fmt.Sprint((i + 2) % 3)}
				}
				s := settings{"servers": list(cluster.Servers()), "topic": topic, "partitioner": partitioner, "value.format": "payload"}
				n, err := write(guarded(t), s, records...)
				is.NoErr(err)
				is.Equal(n, len(records))
				out := make([]int32, len(records))
				for _, r := range consume(t, client, topic) {
					var i int
					_, err := fmt.Sscanf(string(r.Value), "%02d", &i)
					is.NoErr(err)
					out[i] = r.Partition
				}
				return out
			}
			keyed, keyless := choices(opencdc.RawData("key-65")), choices(nil)
			t.Log(keyed, keyless)
			is.True(want(keyed, keyless))
		})
	}
}

func same(partitions []int32) bool {
	for _, p := range partitions {
		if p != partitions[0] {
			return false
		}
	}
	return true
}

func inTurn(partitions []int32) bool {
	for i, p := range partitions {
		if p != int32(i%5) {
			return false
		}
	}
	return true
}
