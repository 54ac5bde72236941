package connector_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	sdk "github.com/conduitio/conduit-connector-sdk"
	"github.com/google/uuid"
	"github.com/matryer/is"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// A broker that is down may come back.
func TestTriesAgainAsOftenAndAsLongAsTheSettingsSay(t *testing.T) {
	is := is.New(t)
	ctx := guarded(t)
	cluster := broker.ForTest(t, broker.Options{Faults: true})
	topic := "t-" + uuid.NewString()
	s := settings{"servers": list(cluster.Servers()), "topic": topic}
	var destinations []sdk.Destination
	for _, more := range []settings{
		{"deliveryTimeout": "0s", "retry.maxAttempts": "4", "retry.backoff": "1ms"},
		{"deliveryTimeout": "300ms", "outageTimeout": "0s"},
		{}, // the defaults outlast it
	} {
		dst, err := openDestination(ctx, s.with(more))
		is.NoErr(err)
		defer func() { is.NoErr(dst.Teardown(ctx)) }()
		n, err := dst.Write(ctx, numbered(3))
		is.NoErr(err)
		is.Equal(n, 3)
		destinations = append(destinations, dst)
	}
	is.NoErr(cluster.StopNode(ctx, 1))

	n, err := destinations[0].Write(ctx, numbered(3))
	is.Equal(n, 0)
	expect.Error(t, err, "after 4 of 4 attempts (retry.maxAttempts)")
	n, err = destinations[1].Write(ctx, numbered(3))
	is.Equal(n, 0)
	expect.Error(t, err, "write within deliveryTimeout (300ms; raise it")

	written := make(chan error, 1)
	go func() {
		_, err := destinations[2].Write(ctx, numbered(3))
		written <- err
	}()
	is.NoErr(cluster.StartNode(ctx, 1))
	is.NoErr(<-written)
	client, err := kclient.New(cluster.Servers())
	is.NoErr(err)
	defer client.Close()
	is.Equal(countRecords(t, client, topic), 4*3) // nothing was written of what had failed
}

// batches are the headers of the record batches in a topic of one partition, as the
// broker stores them.
func batches(t *testing.T, client *kclient.Client, topic string) []kmsg.RecordBatch {
	t.Helper()
	is := is.New(t)
	raw, err := client.Batches(guarded(t), topic)
	is.NoErr(err)
	var out []kmsg.RecordBatch
	for len(raw) > 0 {
		var b kmsg.RecordBatch
		is.NoErr(b.ReadFrom(raw))
		out = append(out, b)
		raw = raw[12+b.Length:]
	}
	return out
}

func TestBatchesAreNumberedWhereIdempotent(t *testing.T) {
	t.Parallel()
	cluster, client, _ := realKafka(t, 1)
	for name, test := range map[string]struct {
		settings settings
		numbered bool
	}{
		"by default":       {nil, true},
		"acks all":         {settings{"acks": "all", "idempotent": "true"}, true},
		"acks all, not so": {settings{"idempotent": "false"}, false},
		"acks one":         {settings{"acks": "one"}, false},
		"acks none":        {settings{"acks": "none"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			ctx := guarded(t)
			topic := freshTopic(t, client, 1)
			s := settings{"servers": list(cluster.Servers()), "topic": topic}
			_, err := write(ctx, s.with(settings{"idempotent": "false"}), numbered(1)...) // the leader knows by now that it is one
			is.NoErr(err)
			dst, err := openDestination(ctx, s.with(test.settings))
			is.NoErr(err)
			for range 3 {
				n, err := dst.Write(ctx, numbered(10))
				is.NoErr(err)
				is.Equal(n, 10)
			}
			is.NoErr(dst.Teardown(ctx))
			for countRecords(t, client, topic) < 31 && ctx.Err() == nil { // acks none
				time.Sleep(20 * time.Millisecond)
			}
			got := batches(t, client, topic)[1:]
			is.Equal(len(got), 3)
			for i, b := range got {
				is.Equal(b.ProducerID >= 0, test.numbered)
				if test.numbered {
					is.Equal(b.FirstSequence, int32(10*i))
				} else {
					is.Equal(b.FirstSequence, int32(-1))
				}
			}
		})
	}
}

func TestCompressesAtEachLevel(t *testing.T) {
	t.Parallel()
	cluster, client, _ := realKafka(t, 1)
	records := numbered(2000)
	sizes := map[string]int32{}
	for _, c := range []struct{ codec, level string }{{"none", "0"}, {"gzip", "1"}, {"gzip", "9"}, {"snappy", "0"}, {"lz4", "0"}, {"lz4", "9"}, {"zstd", "1"}, {"zstd", "22"}} {
		is := is.New(t)
		topic := freshTopic(t, client, 1)
		_, err := write(guarded(t), settings{
			"servers": list(cluster.Servers()), "topic": topic, "value.format": "payload", "compression": c.codec, "compressionLevel": c.level,
		}, records...)
		is.NoErr(err)
		is.Equal(countRecords(t, client, topic), len(records))
		got := batches(t, client, topic)
		is.Equal(len(got), 1)
		is.Equal(int(got[0].Attributes&7), map[string]int{"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}[c.codec])
		sizes[c.codec+c.level] = got[0].Length
	}
	t.Log(sizes)
	for _, pair := range [][2]string{{"gzip9", "gzip1"}, {"lz49", "lz40"}, {"zstd22", "zstd1"}, {"snappy0", "none0"}} {
		is.New(t).True(sizes[pair[0]] < sizes[pair[1]])
	}
}

func TestRecordsThatAreTooLargeAreDroppedAsTheSettingSays(t *testing.T) {
	t.Parallel()
	cluster, client, _ := realKafka(t, 1)
	for name, test := range map[string]struct {
		settings settings
		limit    map[string]string // of the topic
		says     string
	}{
		"for batchBytes": {settings{"batchBytes": "2000"}, nil, "batchBytes (2000)"},
		"for the topic":  {nil, map[string]string{"max.message.bytes": "2000"}, "max.message.bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			topic := "t-" + uuid.NewString()
			is.NoErr(client.CreateTopic(guarded(t), topic, 1, test.limit))
			records := numbered(10)
			for _, i := range []int{3, 4, 9} {
				records[i].Payload.After = opencdc.RawData(strings.Repeat(uuid.NewString(), 100))
			}
			s := settings{"servers": list(cluster.Servers()), "topic": topic, "compression": "none", "value.format": "payload"}.with(test.settings)

			n, err := write(guarded(t), s.with(settings{"onOversize": "error"}), records...)
			is.True(err != nil)
			is.Equal(n, 3)
			expect.Error(t, err, test.says)

			var log bytes.Buffer
			ctx := zerolog.New(&log).WithContext(guarded(t))
			n, err = write(ctx, s.with(settings{"onOversize": "drop"}), records...)
			is.NoErr(err)
			is.Equal(n, 10)
			is.Equal(countRecords(t, client, topic), 3+7)
			is.Equal(positionsIn(t, &log, "dropped a record"), []string{"3", "4", "9"})
		})
	}
}

// positionsIn are the positions in the lines of a log with a message.
func positionsIn(t *testing.T, log *bytes.Buffer, message string) []string {
	t.Helper()
	var out []string
	for dec := json.NewDecoder(log); dec.More(); {
		var line struct{ Message, Position, Topic, Error string }
		is.New(t).NoErr(dec.Decode(&line))
		if strings.HasPrefix(line.Message, message) {
			is.New(t).True(line.Topic != "" && line.Error != "")
			out = append(out, line.Position)
		}
	}
	return out
}
