package group

import (
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
)

func TestCommitIsWhatKafkaReads(t *testing.T) {
	id := cluster.TopicID{9}
	for _, version := range []int16{commitByEpoch, commitByID} {
		is := is.New(t)
		req := &commitRequest{"g", "m", "i", 7, Offsets{"t": {2: {At: 5, LeaderEpoch: 3, Metadata: "note", TopicID: id}}}, commitByEpoch}
		got := kmsg.OffsetCommitRequest{Version: version}
		is.NoErr(got.ReadFrom(body(req.Body(version))))
		is.Equal(got.AppendTo(nil), body(req.Body(version)))
		is.Equal(got.Group, "g")
		is.Equal(got.MemberID, "m")
		is.Equal(*got.InstanceID, "i")
		is.Equal(got.Generation, int32(7))
		if version == commitByID {
			is.Equal(got.Topics[0].TopicID, [16]byte(id))
		} else {
			is.Equal(got.Topics[0].Topic, "t")
		}
		p := got.Topics[0].Partitions[0]
		is.Equal(p.Partition, int32(2))
		is.Equal(p.Offset, int64(5))
		is.Equal(p.LeaderEpoch, int32(3))
		is.Equal(*p.Metadata, "note")

		res := kmsg.NewPtrOffsetCommitResponse()
		res.Version = version
		res.Topics = []kmsg.OffsetCommitResponseTopic{{Topic: "t", TopicID: id, Partitions: []kmsg.OffsetCommitResponseTopicPartition{{Partition: 2, ErrorCode: 113}}}}
		whole := frame(res)
		answers, err := req.read(whole, version)
		is.NoErr(err)
		is.Equal(answers, []commitAnswer{{"t", 2, 113}})
		for n := range len(whole) {
			if _, err := req.read(whole[:n], version); err == nil {
				t.Errorf("%d of %d bytes are an answer", n, len(whole))
			}
		}
	}
}

// Some partitions of a topic that was made again are read as those of the new one already.
func TestCommitNamesBothTopicsThatHadAName(t *testing.T) {
	is := is.New(t)
	former, now := cluster.TopicID{1}, cluster.TopicID{2}
	req := &commitRequest{group: "g", offsets: Offsets{"t": {0: {At: 5, TopicID: former}, 1: {At: 6, TopicID: now}}}, first: commitByID}
	got := kmsg.OffsetCommitRequest{Version: commitByID}
	is.NoErr(got.ReadFrom(body(req.Body(commitByID))))
	is.Equal(len(got.Topics), 2)
	for _, topic := range got.Topics {
		is.Equal(len(topic.Partitions), 1)
		is.Equal(topic.Partitions[0].Partition == 0, topic.TopicID == [16]byte(former))
	}
}

// A topic whose ID is not known goes by its name.
func TestCommitNamesIDsOnlyWhereAllAreKnown(t *testing.T) {
	is := is.New(t)
	offsets := Offsets{"t": {0: {TopicID: cluster.TopicID{1}}, 1: {}}}
	first, last := (&commitRequest{offsets: offsets, first: commitByEpoch}).Versions()
	is.Equal([]int16{first, last}, []int16{commitByEpoch, commitByEpoch})
	first, last = (&commitRequest{offsets: offsets, first: commitByID}).Versions()
	is.True(last < first) // none, of the classic protocol: kafka-go's message serves
}
