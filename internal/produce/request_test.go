package produce

import (
	"bytes"
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
	"github.com/conduitio/conduit-connector-kafka/internal/recordbatch"
)

// franz-go encodes the same request to the same bytes, with its topics in order.
func TestARequestIsWhatFranzGoMakesOfIt(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	for range 100 {
		is := is.New(t)
		req := &request{acks: AcksAll, timeout: int32(rnd.Intn(1e6))}
		var ids [4]cluster.TopicID
		for i := range ids {
			rnd.Read(ids[i][:])
		}
		if rnd.Intn(2) == 0 {
			req.transactional = "mine"
		}
		for topic := range 1 + rnd.Intn(4) {
			for id := range 1 + rnd.Intn(4) {
				values := make([][]byte, 1+rnd.Intn(3))
				for i := range values {
					values[i] = make([]byte, rnd.Intn(1<<rnd.Intn(13)))
					rnd.Read(values[i])
				}
				b := newBatch(t, rnd.Intn(2) == 0, values...)
				req.queues = append(req.queues, &queue{TopicPartition: message.TopicPartition{Topic: fmt.Sprintf("topic-%d", topic), Partition: int32(id)}, topicID: ids[topic], batches: []*batch{b}})
			}
		}
		inOrder := slices.Clone(req.queues)
		rnd.Shuffle(len(req.queues), func(i, j int) { req.queues[i], req.queues[j] = req.queues[j], req.queues[i] })
		// Within a topic the order is the caller's.
		slices.SortFunc(req.queues, func(a, b *queue) int { return int(a.Partition - b.Partition) })
		for version := int16(firstVersion); version <= lastVersion; version++ {
			want := theirs(req, inOrder)
			want.Version = version
			var got bytes.Buffer
			body := req.Body(version)
			_, err := body.WriteTo(&got)
			is.NoErr(err)
			is.Equal(got.Bytes(), want.AppendTo(nil))
			is.True(want.IsFlexible() == (version >= req.FirstFlexible()))
		}
	}
}

// newBatch makes a batch of records with these values, which is ready to be sent.
func newBatch(t *testing.T, referring bool, values ...[]byte) *batch {
	t.Helper()
	b := &batch{writer: recordbatch.NewWriter()}
	b.writer.SetReferring(referring)
	for i, v := range values {
		is.New(t).NoErr(b.writer.Append(&recordbatch.Record{Value: v}))
		b.indexes = append(b.indexes, i)
	}
	var err error
	b.encoded, err = b.writer.Finish(recordbatch.None, 0)
	is.New(t).NoErr(err)
	return b
}

func theirs(req *request, queues []*queue) *kmsg.ProduceRequest {
	r := kmsg.NewPtrProduceRequest()
	r.Acks, r.TimeoutMillis = int16(req.acks), req.timeout
	if req.transactional != "" {
		r.TransactionID = &req.transactional
	}
	for _, q := range queues {
		if n := len(r.Topics); n == 0 || r.Topics[n-1].Topic != q.Topic {
			r.Topics = append(r.Topics, kmsg.ProduceRequestTopic{Topic: q.Topic, TopicID: q.topicID})
		}
		last := &r.Topics[len(r.Topics)-1]
		last.Partitions = append(last.Partitions, kmsg.ProduceRequestTopicPartition{Partition: q.Partition, Records: q.batches[0].encoded.Bytes()})
	}
	return r
}

// What is in a request besides the values is little more than was counted.
func TestARequestDoesNotCopyLargeValues(t *testing.T) {
	is := is.New(t)
	req := &request{acks: AcksAll}
	var values [][]byte
	for id := range int32(100) {
		values = append(values, make([]byte, 1<<20))
		b := newBatch(t, true, values[id])
		req.queues = append(req.queues, &queue{TopicPartition: message.TopicPartition{Topic: fmt.Sprint("topic-", id%7), Partition: id}, batches: []*batch{b}})
	}
	for version := int16(firstVersion); version <= lastVersion; version++ {
		rest := 0
		for _, piece := range req.Body(version) {
			if len(piece) < 1<<20 {
				rest += len(piece)
				continue
			}
			is.True(slices.ContainsFunc(values, func(v []byte) bool { return &v[0] == &piece[0] }))
		}
		is.True(rest <= sizeOf(req.queues)-100<<20+RequestRoom)
		before := testing.AllocsPerRun(10, func() { req.Body(version) })
		is.True(before <= 5) // the queues in order, the writer, its bytes, the pieces, what takes them
	}
}

// A cluster whose transaction.version is below 2 refuses a later version than 11 in a
// transaction, and version 13 has no names.
func TestTheLastVersionOfARequestIsThatWhichItCanBeSentIn(t *testing.T) {
	known := []*queue{{topicID: cluster.TopicID{1}}}
	for name, c := range map[string]struct {
		req  request
		last int16
	}{
		"topics with IDs":             {request{acks: AcksAll, queues: known}, 13},
		"acks one":                    {request{acks: AcksOne, queues: known}, 13},
		"a topic without an ID":       {request{acks: AcksAll, queues: append(known, &queue{})}, 12},
		"nobody says that it is gone": {request{acks: AcksNone, queues: known}, 12},
		"in a transaction":            {request{acks: AcksAll, queues: known, transactional: "mine"}, 11},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			first, last := c.req.Versions()
			is.Equal(first, int16(3))
			is.Equal(last, c.last)
		})
	}
}
