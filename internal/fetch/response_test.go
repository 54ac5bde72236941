package fetch

import (
	"encoding/binary"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

// frameOf is a fetch response as a broker writes it.
func frameOf(version int16) []byte {
	res := kmsg.NewPtrFetchResponse()
	res.Version, res.ThrottleMillis, res.SessionID = version, 5, 7
	t := kmsg.NewFetchResponseTopic()
	t.Topic, t.TopicID = topic, [16]byte{8}
	for id := range int32(2) {
		p := kmsg.NewFetchResponseTopicPartition()
		p.Partition, p.ErrorCode, p.HighWatermark, p.LogStartOffset, p.PreferredReadReplica = id, int16(id), 40, 3, -1
		p.AbortedTransactions = []kmsg.FetchResponseTopicPartitionAbortedTransaction{{ProducerID: 9, FirstOffset: 12}}
		p.RecordBatches = batch(10, 12, "a", "b")
		if id == 1 {
			p.CurrentLeader.LeaderID, p.CurrentLeader.LeaderEpoch = 3, 6
			p.DivergingEpoch.Epoch, p.DivergingEpoch.EndOffset = 2, 30
		}
		t.Partitions = append(t.Partitions, p)
	}
	res.Topics = append(res.Topics, t)
	rack := "r"
	res.Brokers = []kmsg.FetchResponseBroker{{NodeID: 3, Host: "three", Port: 9092, Rack: &rack}, {NodeID: 4, Host: "four", Port: 9093}}
	frame := make([]byte, 8)
	if res.IsFlexible() {
		frame = append(frame, 1, 9, 2, 0, 0) // a tagged field that nobody knows
	}
	frame = res.AppendTo(frame)
	binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
	return frame
}

func TestReadsFetchResponsesOfEachVersion(t *testing.T) {
	for version := int16(4); version <= 16; version++ {
		is := is.New(t)
		res, err := parse(frameOf(version), version)
		is.NoErr(err)
		is.Equal(res.throttle.Milliseconds(), int64(5))
		is.Equal(res.quiet > 0, version >= 8) // brokers before Kafka 2.0 have waited already
		is.Equal(len(res.partitions), 2)
		p := res.partitions[1]
		if version < 13 {
			is.Equal(p.topic, topic)
		} else {
			is.Equal(p.topicID, cluster.TopicID{8})
		}
		is.Equal(p.id, int32(1))
		is.Equal(p.err, int16(1))
		is.Equal(p.highWatermark, int64(40))
		is.Equal(p.aborted[0].ProducerID, int64(9))
		is.Equal(p.set, batch(10, 12, "a", "b"))
		leader, leaderEpoch, endpoints := int32(-1), int32(0), []cluster.Endpoint(nil)
		if version >= 12 {
			leader, leaderEpoch = 3, 6
			endpoints = []cluster.Endpoint{{Node: 3, Host: "three", Port: 9092}, {Node: 4, Host: "four", Port: 9093}}
		}
		is.Equal([]int32{p.leader, p.leaderEpoch}, []int32{leader, leaderEpoch})
		is.Equal(res.endpoints, endpoints)
		is.Equal(p.diverges, version >= 12)
		is.True(!res.partitions[0].diverges)
		is.Equal(res.partitions[0].leader, int32(-1))
		for cut := range frameOf(version) {
			_, err := parse(frameOf(version)[:cut], version)
			is.True(err != nil)
		}
	}
}

func FuzzParse(f *testing.F) {
	for version := int16(4); version <= 16; version++ {
		f.Add(frameOf(version), version)
	}
	f.Fuzz(func(t *testing.T, frame []byte, version int16) {
		res, err := parse(frame, version)
		if err != nil {
			return
		}
		size := 0
		for _, p := range res.partitions {
			size += len(p.set)
		}
		is.New(t).True(size <= len(frame))
	})
}
