package produce

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/protocol"
	kafkaproduce "github.com/segmentio/kafka-go/protocol/produce"
	"github.com/segmentio/kafka-go/protocol/rawproduce"

	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// kafka-go encodes the same request to the same bytes, with its topics in order.
func TestARequestIsWhatKafkaGoMakesOfIt(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	for range 100 {
		is := is.New(t)
		req := &request{acks: AcksAll, timeout: int32(rnd.Intn(1e6))}
		for topic := range 1 + rnd.Intn(4) {
			for id := range 1 + rnd.Intn(4) {
				encoded := make([]byte, rnd.Intn(300))
				rnd.Read(encoded)
				req.queues = append(req.queues, &queue{TopicPartition: message.TopicPartition{Topic: fmt.Sprintf("topic-%d", topic), Partition: int32(id)}, batches: []*batch{{encoded: encoded}}})
			}
		}
		inOrder := slices.Clone(req.queues)
		rnd.Shuffle(len(req.queues), func(i, j int) { req.queues[i], req.queues[j] = req.queues[j], req.queues[i] })
		// Within a topic the order is the caller's.
		slices.SortFunc(req.queues, func(a, b *queue) int { return int(a.Partition - b.Partition) })
		for version := int16(3); version <= 8; version++ {
			var want, got bytes.Buffer
			is.NoErr(protocol.WriteRequest(&want, version, 7, "client", theirs(req.timeout, inOrder)))
			body := req.Body(version)
			_, err := body.WriteTo(&got)
			is.NoErr(err)
			header := 4 + 2 + 2 + 4 + 2 + len("client")
			is.Equal(got.Bytes(), want.Bytes()[header:])
		}
	}
}

func theirs(timeout int32, queues []*queue) *rawproduce.Request {
	r := &rawproduce.Request{Acks: -1, Timeout: timeout}
	for _, q := range queues {
		if n := len(r.Topics); n == 0 || r.Topics[n-1].Topic != q.Topic {
			r.Topics = append(r.Topics, rawproduce.RequestTopic{Topic: q.Topic})
		}
		set := binary.BigEndian.AppendUint32(nil, uint32(len(q.batches[0].encoded)))
		set = append(set, q.batches[0].encoded...)
		last := &r.Topics[len(r.Topics)-1]
		last.Partitions = append(last.Partitions, rawproduce.RequestPartition{
			Partition: q.Partition, RecordSet: protocol.RawRecordSet{Reader: struct{ io.Reader }{bytes.NewReader(set)}},
		})
	}
	return r
}

func TestReadsWhatKafkaGoWrites(t *testing.T) {
	for version := int16(3); version <= 8; version++ {
		t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
			is := is.New(t)
			frame := answer(t, version)
			res, err := parse(frame, version)
			is.NoErr(err)
			is.Equal(res.throttle, 77*time.Millisecond)
			is.Equal(len(res.partitions), 3)
			is.Equal(res.partitions[message.TopicPartition{Topic: "a", Partition: 0}], partitionResponse{})
			is.Equal(res.partitions[message.TopicPartition{Topic: "b", Partition: 4}].code, int16(6))
			refused := partitionResponse{code: 87}
			if version >= 8 {
				refused.message, refused.records = "why", []recordError{{3, "bad"}, {5, ""}}
			}
			is.Equal(res.partitions[message.TopicPartition{Topic: "b", Partition: 2}], refused)

			for n := range frame {
				_, err := parse(frame[:n], version)
				is.True(err != nil) // cut off
			}
			_, err = parse(append(frame, 0), version)
			is.True(err != nil) // too long
		})
	}
}

func answer(t testing.TB, version int16) []byte {
	t.Helper()
	res := &kafkaproduce.Response{ThrottleTimeMs: 77, Topics: []kafkaproduce.ResponseTopic{
		{Topic: "a", Partitions: []kafkaproduce.ResponsePartition{{BaseOffset: 9, LogAppendTime: 8, LogStartOffset: 7}}},
		{Topic: "b", Partitions: []kafkaproduce.ResponsePartition{
			{Partition: 4, ErrorCode: 6},
			{Partition: 2, ErrorCode: 87, ErrorMessage: "why", RecordErrors: []kafkaproduce.ResponseError{{BatchIndex: 3, BatchIndexErrorMessage: "bad"}, {BatchIndex: 5}}},
		}},
	}}
	var b bytes.Buffer
	if err := protocol.WriteResponse(&b, version, 1, res); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func FuzzParse(f *testing.F) {
	for version := int16(3); version <= 8; version++ {
		f.Add(answer(f, version), version)
	}
	f.Fuzz(func(t *testing.T, frame []byte, version int16) {
		res, err := parse(frame, version)
		if err == nil && len(res.partitions) > len(frame) {
			t.Errorf("%d partitions out of %d bytes", len(res.partitions), len(frame))
		}
	})
}
