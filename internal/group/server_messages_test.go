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
		topics: []string{"a", "b"}, pattern: kmsg.StringPtr("^(?:x.*)$"), assignor: "uniform", owned: ownedPartitions{id: {0, 5}},
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
	is.Equal(*got.SubscribedTopicRegex, "^(?:x.*)$")
	is.Equal(*got.ServerAssignor, "uniform")
	is.Equal(len(got.Topics), 1)
	is.Equal(got.Topics[0].TopicID, [16]byte(id))
	is.Equal(got.Topics[0].Partitions, []int32{0, 5})

	same := &serverHeartbeat{group: "g", member: "m", epoch: 7, rebalanceTimeout: unchanged}
	got = kmsg.ConsumerGroupHeartbeatRequest{Version: 1}
	is.NoErr(got.ReadFrom(body(same.Body(1))))
	is.True(got.InstanceID == nil && got.SubscribedTopicNames == nil && got.SubscribedTopicRegex == nil && got.ServerAssignor == nil && got.Topics == nil)
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
	a, err := readServerAnswer(frame(res), 1)
	is.NoErr(err)
	is.Equal(a, serverAnswer{code: 110, message: message, epoch: 8, interval: 5000})

	id := cluster.TopicID{9}
	res.Assignment = &kmsg.ConsumerGroupHeartbeatResponseAssignment{
		Topics: []kmsg.ConsumerGroupHeartbeatResponseAssignmentTopic{{TopicID: id, Partitions: []int32{3, 1}}},
	}
	a, err = readServerAnswer(frame(res), 1)
	is.NoErr(err)
	is.Equal(a.assigned, ownedPartitions{id: {1, 3}})
	res.Assignment.Topics = nil
	a, err = readServerAnswer(frame(res), 1)
	is.NoErr(err)
	is.True(a.assigned != nil) // nothing is assigned, which is not the same as no change

	whole := frame(res)
	for n := range len(whole) {
		if _, err := readServerAnswer(whole[:n], 1); err == nil {
			t.Errorf("%d of %d bytes are an answer", n, len(whole))
		}
	}
	_, err = readServerAnswer(append(whole, 0), 1)
	is.True(err != nil)
}

func TestStableFetchIsWhatKafkaReads(t *testing.T) {
	is := is.New(t)
	req := &stableFetch{group: "g", partitions: Partitions{"t": {2, 5}}}
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
	read, err := req.read(whole, 9)
	is.NoErr(err)
	is.Equal(read.ErrorCode, int16(15))
	p := read.Topics[0].Partitions[0]
	is.Equal(p.CommittedOffset, int64(7))
	is.Equal(p.ComittedLeaderEpoch, int32(3))
	is.Equal(p.Metadata, "note")
	is.Equal(p.ErrorCode, int16(88))
	for n := range len(whole) {
		if _, err := req.read(whole[:n], 9); err == nil {
			t.Errorf("%d of %d bytes are an answer", n, len(whole))
		}
	}
	res.Groups = nil
	_, err = req.read(frame(res), 9)
	is.True(err != nil)
}

// Where the IDs of all topics are known, those are what the request names.
func TestStableFetchNamesTopicsByTheirIDs(t *testing.T) {
	is := is.New(t)
	id := cluster.TopicID{9}
	req := &stableFetch{group: "g", partitions: Partitions{"t": {2}}, ids: map[string]cluster.TopicID{"t": id}}
	_, last := req.Versions()
	is.Equal(last, int16(fetchByID))
	got := kmsg.OffsetFetchRequest{Version: fetchByID}
	is.NoErr(got.ReadFrom(body(req.Body(fetchByID))))
	is.Equal(got.AppendTo(nil), body(req.Body(fetchByID)))
	is.Equal(got.Groups[0].Topics[0].TopicID, [16]byte(id))
	req.partitions["u"] = []int32{0}
	_, last = req.Versions()
	is.Equal(last, int16(9)) // one of which the ID is not known

	res := kmsg.NewPtrOffsetFetchResponse()
	res.Version = fetchByID
	res.Groups = []kmsg.OffsetFetchResponseGroup{{Group: "g", Topics: []kmsg.OffsetFetchResponseGroupTopic{{
		TopicID: id, Partitions: []kmsg.OffsetFetchResponseGroupTopicPartition{{Partition: 2, Offset: 7}},
	}}}}
	read, err := req.read(frame(res), fetchByID)
	is.NoErr(err)
	is.Equal(read.Topics[0].Name, "t")
	is.Equal(read.Topics[0].Partitions[0].CommittedOffset, int64(7))
}
