package cluster

import (
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// metadataFrame is a metadata response as a broker writes it.
func metadataFrame(version int16) []byte {
	res := kmsg.NewPtrMetadataResponse()
	res.Version, res.ControllerID = version, 2
	for id := range int32(3) {
		b := kmsg.NewMetadataResponseBroker()
		b.NodeID, b.Host, b.Port, b.Rack = id, "host", 9092+id, kmsg.StringPtr("rack")
		res.Brokers = append(res.Brokers, b)
	}
	t := kmsg.NewMetadataResponseTopic()
	t.Topic, t.TopicID, t.IsInternal = kmsg.StringPtr("t"), [16]byte{1, 2, 3}, true
	for id := range int32(2) {
		p := kmsg.NewMetadataResponseTopicPartition()
		p.Partition, p.Leader, p.LeaderEpoch, p.Replicas, p.ISR = id, 1, 8, []int32{1, 2}, []int32{1}
		t.Partitions = append(t.Partitions, p)
	}
	res.Topics = append(res.Topics, t)
	frame := res.AppendTo(append(make([]byte, 8), 0)) // no tagged fields in the header
	binary.BigEndian.PutUint32(frame, uint32(len(frame)-4))
	return frame
}

func TestReadsMetadataWithTopicIDs(t *testing.T) {
	for _, version := range []int16{11, 12} {
		is := is.New(t)
		v, err := parseMetadata(metadataFrame(version))
		is.NoErr(err)
		is.Equal(v.controller, int32(2))
		is.Equal(v.brokers, []Endpoint{{0, "host", 9092}, {1, "host", 9093}, {2, "host", 9094}})
		topic := v.topics[0]
		is.Equal(topic.Name, "t")
		is.Equal(topic.ID, TopicID{1, 2, 3})
		is.True(topic.Internal)
		is.Equal(topic.Partitions, []Partition{{ID: 0, Leader: 1, LeaderEpoch: 8}, {ID: 1, Leader: 1, LeaderEpoch: 8}})
		for cut := range metadataFrame(version) {
			_, err := parseMetadata(metadataFrame(version)[:cut])
			is.True(err != nil)
		}
	}
}

// A name that ends early is followed by a count of topics, which is also read as the count
// of each topic's partitions: what comes after an error counts for nothing.
func TestMetadataTakesNoMemoryAfterItsFirstError(t *testing.T) {
	is := is.New(t)
	const n = 2000
	frame := make([]byte, 8, 100_000)
	frame = append(frame, 0)                      // no tags
	frame = append(frame, 0, 0, 0, 0)             // throttle time
	frame = append(frame, 2)                      // one broker
	frame = append(frame, 0, 0, 0, 1)             // its ID
	frame = append(frame, 0xff, 0xff, 0xff, 0x7f) // a name of 256 MiB
	frame = binary.AppendUvarint(frame, n+1)
	frame = append(frame, make([]byte, n*minTopic)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := parseMetadata(frame)
	runtime.ReadMemStats(&after)
	is.True(err != nil)
	is.True(after.TotalAlloc-before.TotalAlloc < 10<<20) // 4,000,000 partitions are far more
}

func FuzzParseMetadata(f *testing.F) {
	f.Add(metadataFrame(11))
	f.Add(metadataFrame(12))
	f.Fuzz(func(t *testing.T, frame []byte) {
		v, err := parseMetadata(frame)
		if err != nil {
			return
		}
		size := len(v.brokers) * minEndpoint
		for _, topic := range v.topics {
			size += minTopic + len(topic.Partitions)*minPartition
		}
		is.New(t).True(size <= len(frame))
	})
}
