package group

import (
	"net"
	"slices"
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

func body(b net.Buffers) []byte { return slices.Concat(b...) }

// frame puts before an answer what comes before it on a connection: size, correlation ID
// and no tagged fields.
func frame(answer kmsg.Response) []byte { return answer.AppendTo(make([]byte, 9)) }

func TestServerHeartbeatIsWhatKafkaReads(t *testing.T) {
	is := is.New(t)
	id := cluster.TopicID{1, 2, 3}
	full := &serverHeartbeat{
		group: "g", member: "m", instance: "i", epoch: 7, rebalanceTimeout: 60_000,
		topics: []string{"a", "b"}, assignor: "uniform", owned: ownedPartitions{id: {0, 5}},
	}
	var got kmsg.ConsumerGroupHeartbeatRequest
	got.Version = 1
	is.NoErr(got.ReadFrom(body(full.Body(1))))
	is.Equal(got.AppendTo(nil), body(full.Body(1)))
	is.Equal(got.Group, "g")
	is.Equal(got.MemberID, "m")
	is.Equal(*got.InstanceID, "i")
	is.Equal(got.MemberEpoch, int32(7))
	is.Equal(got.RebalanceTimeoutMillis, int32(60_000))
	is.Equal(got.SubscribedTopicNames, []string{"a", "b"})
	is.Equal(*got.ServerAssignor, "uniform")
	is.Equal(len(got.Topics), 1)
	is.Equal(got.Topics[0].TopicID, [16]byte(id))
	is.Equal(got.Topics[0].Partitions, []int32{0, 5})

	same := &serverHeartbeat{group: "g", member: "m", epoch: 7, rebalanceTimeout: unchanged}
	got = kmsg.ConsumerGroupHeartbeatRequest{Version: 1}
	is.NoErr(got.ReadFrom(body(same.Body(1))))
	is.True(got.InstanceID == nil && got.SubscribedTopicNames == nil && got.ServerAssignor == nil && got.Topics == nil)
	is.Equal(got.RebalanceTimeoutMillis, int32(-1))

	none := &serverHeartbeat{group: "g", member: "m", topics: []string{}, owned: ownedPartitions{}}
	got = kmsg.ConsumerGroupHeartbeatRequest{Version: 1}
	is.NoErr(got.ReadFrom(body(none.Body(1))))
	is.True(got.SubscribedTopicNames != nil && got.Topics != nil) // nothing, which is not the same as no change
}

func TestServerAnswerIsReadAsItIsWritten(t *testing.T) {
	is := is.New(t)
	res := kmsg.NewPtrConsumerGroupHeartbeatResponse()
	res.Version = 1
	member, message := "m", "because"
	res.MemberID, res.ErrorMessage = &member, &message
	res.ErrorCode, res.MemberEpoch, res.HeartbeatIntervalMillis = 110, 8, 5000
	a, err := readServerAnswer(frame(res))
	is.NoErr(err)
	is.Equal(a, serverAnswer{code: 110, message: message, epoch: 8, interval: 5000})

	id := cluster.TopicID{9}
	res.Assignment = &kmsg.ConsumerGroupHeartbeatResponseAssignment{
		Topics: []kmsg.ConsumerGroupHeartbeatResponseAssignmentTopic{{TopicID: id, Partitions: []int32{3, 1}}},
	}
	a, err = readServerAnswer(frame(res))
	is.NoErr(err)
	is.Equal(a.assigned, ownedPartitions{id: {1, 3}})
	res.Assignment.Topics = nil
	a, err = readServerAnswer(frame(res))
	is.NoErr(err)
	is.True(a.assigned != nil) // nothing is assigned, which is not the same as no change

	whole := frame(res)
	for n := range len(whole) {
		if _, err := readServerAnswer(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes are an answer", n, len(whole))
		}
	}
	_, err = readServerAnswer(append(whole, 0))
	is.True(err != nil)
}

func TestEpochCommitIsWhatKafkaReads(t *testing.T) {
	is := is.New(t)
	req := &epochCommit{group: "g", member: "m", instance: "i", epoch: 7, offsets: Offsets{"t": {2: {At: 5, LeaderEpoch: 3, Metadata: "note"}}}}
	got := kmsg.OffsetCommitRequest{Version: 9}
	is.NoErr(got.ReadFrom(body(req.Body(9))))
	is.Equal(got.AppendTo(nil), body(req.Body(9)))
	is.Equal(got.Group, "g")
	is.Equal(got.MemberID, "m")
	is.Equal(*got.InstanceID, "i")
	is.Equal(got.Generation, int32(7))
	is.Equal(got.Topics[0].Topic, "t")
	p := got.Topics[0].Partitions[0]
	is.Equal(p.Partition, int32(2))
	is.Equal(p.Offset, int64(5))
	is.Equal(p.LeaderEpoch, int32(3))
	is.Equal(*p.Metadata, "note")

	res := kmsg.NewPtrOffsetCommitResponse()
	res.Version = 9
	res.Topics = []kmsg.OffsetCommitResponseTopic{{Topic: "t", Partitions: []kmsg.OffsetCommitResponseTopicPartition{{Partition: 2, ErrorCode: 113}}}}
	answers, err := readEpochCommit(frame(res))
	is.NoErr(err)
	is.Equal(answers, []commitAnswer{{"t", 2, 113}})
	whole := frame(res)
	for n := range len(whole) {
		if _, err := readEpochCommit(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes are an answer", n, len(whole))
		}
	}
}

func TestStableFetchIsWhatKafkaReads(t *testing.T) {
	is := is.New(t)
	req := &stableFetch{"g", Partitions{"t": {2, 5}}}
	got := kmsg.OffsetFetchRequest{Version: 9}
	is.NoErr(got.ReadFrom(body(req.Body(9))))
	is.Equal(got.AppendTo(nil), body(req.Body(9)))
	is.True(got.RequireStable)
	is.Equal(len(got.Groups), 1)
	is.Equal(got.Groups[0].Group, "g")
	is.True(got.Groups[0].MemberID == nil)
	is.Equal(got.Groups[0].MemberEpoch, int32(-1))
	is.Equal(got.Groups[0].Topics[0].Topic, "t")
	is.Equal(got.Groups[0].Topics[0].Partitions, []int32{2, 5})
	got = kmsg.OffsetFetchRequest{Version: 9}
	is.NoErr(got.ReadFrom(body((&stableFetch{group: "g"}).Body(9))))
	is.True(got.Groups[0].Topics == nil) // all

	note := "note"
	res := kmsg.NewPtrOffsetFetchResponse()
	res.Version = 9
	res.Groups = []kmsg.OffsetFetchResponseGroup{{Group: "g", ErrorCode: 15, Topics: []kmsg.OffsetFetchResponseGroupTopic{{
		Topic: "t", Partitions: []kmsg.OffsetFetchResponseGroupTopicPartition{{Partition: 2, Offset: 7, LeaderEpoch: 3, Metadata: &note, ErrorCode: 88}},
	}}}}
	whole := frame(res)
	read, err := readStableFetch(whole)
	is.NoErr(err)
	is.Equal(read.ErrorCode, int16(15))
	p := read.Topics[0].Partitions[0]
	is.Equal(p.CommittedOffset, int64(7))
	is.Equal(p.ComittedLeaderEpoch, int32(3))
	is.Equal(p.Metadata, "note")
	is.Equal(p.ErrorCode, int16(88))
	for n := range len(whole) {
		if _, err := readStableFetch(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes are an answer", n, len(whole))
		}
	}
	res.Groups = nil
	_, err = readStableFetch(frame(res))
	is.True(err != nil)
}
