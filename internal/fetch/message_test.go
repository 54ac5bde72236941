package fetch

import (
	"fmt"
	"slices"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
)

// asFranzGo is what franz-go writes of a request that names two partitions and forgets one.
func asFranzGo(version int16) *kmsg.FetchRequest {
	req := kmsg.NewPtrFetchRequest()
	req.Version = version
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes, req.IsolationLevel, req.SessionID, req.SessionEpoch, req.Rack = 500, 1, 1<<20, 1, 7, 3, "r"
	t := kmsg.NewFetchRequestTopic()
	t.Topic, t.TopicID = topic, [16]byte{8}
	for id := range int32(2) {
		p := kmsg.NewFetchRequestTopicPartition()
		p.Partition, p.CurrentLeaderEpoch, p.FetchOffset, p.LastFetchedEpoch, p.PartitionMaxBytes = id, 4, 40+int64(id), 3, 1<<10
		t.Partitions = append(t.Partitions, p)
	}
	req.Topics = append(req.Topics, t)
	gone := kmsg.NewFetchRequestForgottenTopic()
	gone.Topic, gone.TopicID, gone.Partitions = "u", [16]byte{9}, []int32{5, 6}
	req.ForgottenTopics = append(req.ForgottenTopics, gone)
	return req
}

func TestRequestIsWrittenAsFranzGoWritesIt(t *testing.T) {
	encoder := new(primitive.Encoder)
	for version := int16(4); version <= 16; version++ {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			is := is.New(t)
			req := &request{
				maxWait: 500, minBytes: 1, maxBytes: 1 << 20, committed: true, session: 7, sessionEpoch: 3, rack: "r", byID: true,
				topics: []requestTopic{{topicName{topic, cluster.TopicID{8}}, []requestPartition{
					{id: 0, epoch: 4, offset: 40, lastEpoch: 3, maxBytes: 1 << 10}, {id: 1, epoch: 4, offset: 41, lastEpoch: 3, maxBytes: 1 << 10},
				}}},
				forgotten: []forgottenTopic{{topicName{"u", cluster.TopicID{9}}, []int32{5, 6}}},
			}
			for _, req.encoder = range []*primitive.Encoder{nil, encoder, encoder} {
				is.Equal(slices.Concat(req.Body(version)...), asFranzGo(version).AppendTo(nil))
			}
		})
	}
}

// A request in memory that there is costs no more than the list of its pieces, however many
// partitions it names.
func TestRequestIsWrittenIntoTheMemoryOfTheLast(t *testing.T) {
	is := is.New(t)
	req := &request{byID: true, encoder: new(primitive.Encoder), topics: []requestTopic{{partitions: make([]requestPartition, 1000)}}}
	req.Body(16)
	is.True(testing.AllocsPerRun(100, func() { req.Body(16) }) <= 1)
}
