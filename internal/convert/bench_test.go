package convert

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/conduitio/conduit-commons/opencdc"
	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// consumed are 1,000 messages with that many headers, which are in the order of their
// keys or not.
func consumed(headers int, inOrder bool) message.Batch {
	b := message.Batch{Topic: "orders"}
	for i := range 1000 {
		r := recordbatch.Record{Offset: int64(i), Timestamp: 1_700_000_000_000, Key: fmt.Append(nil, "key-", i), Value: make([]byte, 100)}
		for h := range headers {
			key := "header-" + strconv.Itoa(h)
			if !inOrder {
				key = "header-" + strconv.Itoa(headers-h)
			}
			r.Headers = append(r.Headers, recordbatch.Header{Key: key, Value: []byte("value")})
		}
		b.Records = append(b.Records, r)
	}
	return b
}

func nsPerRecord(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*1000), "ns/record")
}

func BenchmarkRecordsOfMessages(b *testing.B) {
	for _, headers := range []int{0, 1, 3, -3} {
		b.Run(fmt.Sprint(headers, " headers"), func(b *testing.B) {
			batch := consumed(max(headers, -headers), headers >= 0)
			m := newRecords()
			var records []opencdc.Record
			b.ReportAllocs()
			for b.Loop() {
				records, _ = m.Append(records[:0], batch, time.Now(), math.MaxInt)
			}
			nsPerRecord(b)
		})
	}
}

func BenchmarkMessagesOfRecords(b *testing.B) {
	payload := map[string]string{"value.format": "payload"}
	for name, c := range map[string]struct {
		settings map[string]string
		headers  int // negative: not in order
	}{
		"defaults":                       {nil, 0},
		"payload":                        {payload, 0},
		"payload, 1 header":              {payload, 1},
		"payload, 3 headers":             {payload, 3},
		"payload, 3 headers, no order":   {payload, -3},
		"payload, headers not forwarded": {map[string]string{"value.format": "payload", "forwardHeaders": "false"}, 3},
		"payload, copied exactly":        {map[string]string{"value.format": "payload", "partitioner": "metadata", "timestamp": "createdAt"}, 0},
		"payload, key of a template":     {map[string]string{"value.format": "payload", "key": `x-{{ index .Metadata "kafka.offset" }}`}, 0},
		"payload, header of metadata":    {map[string]string{"value.format": "payload", "headers": `from: {{ index .Metadata "opencdc.collection" }}`}, 0},
	} {
		b.Run(name, func(b *testing.B) {
			is := is.New(b)
			records := newRecords().all(consumed(max(c.headers, -c.headers), c.headers >= 0), time.Now())
			for i := range records {
				records[i] = records[i].Clone() // as Conduit does
			}
			m, err := NewMessages(configOf(b, c.settings))
			is.NoErr(err)
			b.ReportAllocs()
			for b.Loop() {
				batch, err := m.Convert(context.Background(), records)
				if err != nil {
					b.Fatal(err)
				}
				batch.Release(true)
			}
			nsPerRecord(b)
		})
	}
}
