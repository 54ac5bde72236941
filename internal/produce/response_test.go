package produce

import (
	"fmt"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/message"
)

// asking is what was asked about the topics of answers.
var asking = &request{queues: []*queue{
	{TopicPartition: message.TopicPartition{Topic: "a"}, topicID: cluster.TopicID{1}},
	{TopicPartition: message.TopicPartition{Topic: "b"}, topicID: cluster.TopicID{2}},
}}

func TestReadsWhatFranzGoWrites(t *testing.T) {
	for version := int16(firstVersion); version <= lastVersion; version++ {
		t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
			is := is.New(t)
			frame := answer(version)
			res, err := parse(frame, version, asking)
			is.NoErr(err)
			is.Equal(res.throttle, 77*time.Millisecond)
			is.Equal(res.quiet > 0, version >= 6) // brokers before Kafka 2.0 have waited already
			is.Equal(len(res.partitions), 3)
			is.Equal(res.partitions[message.TopicPartition{Topic: "a", Partition: 0}], partitionResponse{offset: 9})
			moved := partitionResponse{code: 6, offset: 9}
			var leaders []cluster.Endpoint
			if version >= firstLeaders {
				moved.leader = &currentLeader{2, 9}
				leaders = []cluster.Endpoint{{Node: 2, Host: "two", Port: 9092}, {Node: 3, Host: "three", Port: 9093}}
			}
			is.Equal(res.leaders, leaders)
			is.Equal(res.partitions[message.TopicPartition{Topic: "b", Partition: 4}], moved)
			refused := partitionResponse{code: 87, offset: 9}
			if version >= firstReasons {
				refused.message, refused.records = "why", []recordError{{3, "bad"}, {5, ""}}
			}
			is.Equal(res.partitions[message.TopicPartition{Topic: "b", Partition: 2}], refused)

			for n := range frame {
				_, err := parse(frame[:n], version, asking)
				is.True(err != nil) // cut off
			}
			_, err = parse(append(frame, 0), version, asking)
			is.True(err != nil) // too long
		})
	}
}

// answer is one with all that an answer may have, and with tagged fields that nobody knows.
func answer(version int16) []byte {
	text := func(s string) *string { return &s }
	partition := func(id int32, code int16) kmsg.ProduceResponseTopicPartition {
		p := kmsg.NewProduceResponseTopicPartition()
		p.Partition, p.ErrorCode, p.BaseOffset, p.LogAppendTime, p.LogStartOffset = id, code, 9, 8, 7
		p.UnknownTags.Set(5, []byte("later"))
		return p
	}
	moved, refused := partition(4, 6), partition(2, 87)
	moved.CurrentLeader.LeaderID, moved.CurrentLeader.LeaderEpoch = 2, 9
	moved.CurrentLeader.UnknownTags.Set(1, []byte("later"))
	refused.ErrorMessage = text("why")
	refused.ErrorRecords = []kmsg.ProduceResponseTopicPartitionErrorRecord{{RelativeOffset: 3, ErrorMessage: text("bad")}, {RelativeOffset: 5}}
	res := kmsg.NewPtrProduceResponse()
	res.Version, res.ThrottleMillis = version, 77
	res.Topics = []kmsg.ProduceResponseTopic{
		{Topic: "a", TopicID: cluster.TopicID{1}, Partitions: []kmsg.ProduceResponseTopicPartition{partition(0, 0)}},
		{Topic: "b", TopicID: cluster.TopicID{2}, Partitions: []kmsg.ProduceResponseTopicPartition{moved, refused}},
	}
	res.Brokers = []kmsg.ProduceResponseBroker{{NodeID: 2, Host: "two", Port: 9092, Rack: text("r")}, {NodeID: 3, Host: "three", Port: 9093}}
	res.UnknownTags.Set(7, []byte("later"))
	header := make([]byte, 8, 9)
	if res.IsFlexible() {
		header = append(header, 0)
	}
	return res.AppendTo(header)
}

func FuzzParse(f *testing.F) {
	for version := int16(firstVersion); version <= lastVersion; version++ {
		f.Add(answer(version), version)
	}
	f.Fuzz(func(t *testing.T, frame []byte, version int16) {
		res, err := parse(frame, version, asking)
		if err == nil && len(res.partitions)+len(res.leaders) > len(frame) {
			t.Errorf("%d partitions and %d leaders out of %d bytes", len(res.partitions), len(res.leaders), len(frame))
		}
	})
}
