package group

import (
	"testing"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestSubscriptionIsWhatFranzGoReads(t *testing.T) {
	for _, version := range []int16{0, 1, 2} {
		is := is.New(t)
		s := subscription{topics: []string{"a", "b"}, owned: Partitions{"a": {1, 2}}, generation: 7}
		var m kmsg.ConsumerMemberMetadata
		is.NoErr(m.ReadFrom(s.encode(version)))
		is.Equal(m.Topics, s.topics)
		if version >= 1 {
			is.Equal(m.OwnedPartitions[0].Partitions, []int32{1, 2})
		}
		if version >= 2 {
			is.Equal(m.Generation, int32(7))
		}
	}
}

func TestReadsSubscriptionsOfAllVersions(t *testing.T) {
	rack := "r1"
	for version := range int16(4) {
		is := is.New(t)
		m := kmsg.NewConsumerMemberMetadata()
		m.Version = version
		m.Topics = []string{"a", "b"}
		m.OwnedPartitions = []kmsg.ConsumerMemberMetadataOwnedPartition{{Topic: "b", Partitions: []int32{4}}}
		m.Generation = 3
		m.Rack = &rack
		s, err := decodeSubscription(m.AppendTo(nil))
		is.NoErr(err)
		is.Equal(s.topics, m.Topics)
		if version >= 1 {
			is.Equal(s.owned, Partitions{"b": {4}})
		}
		if version >= 2 {
			is.Equal(s.generation, int32(3))
		}
	}
}

func TestReadsSubscriptionsOfKafkaGo(t *testing.T) {
	is := is.New(t)
	b := subscription{topics: []string{"a"}}.encode(0)
	b[1] = 1 // it claims version 1, and has no owned partitions
	s, err := decodeSubscription(b)
	is.NoErr(err)
	is.Equal(s.topics, []string{"a"})
}

func TestPreviousAssignmentIsWhatFranzGoReads(t *testing.T) {
	is := is.New(t)
	var m kmsg.StickyMemberMetadata
	is.NoErr(m.ReadFrom(encodePrevious(Partitions{"a": {1, 2}, "b": {0}}, 7)))
	is.Equal(m.Generation, int32(7))
	is.Equal(len(m.CurrentAssignment), 2)
	is.Equal(m.CurrentAssignment[0], kmsg.StickyMemberMetadataCurrentAssignment{Topic: "a", Partitions: []int32{1, 2}})
	p, generation := decodePrevious(m.AppendTo(nil))
	is.Equal(p, Partitions{"a": {1, 2}, "b": {0}})
	is.Equal(generation, int32(7))

	old := m.AppendTo(nil)
	p, generation = decodePrevious(old[:len(old)-4]) // version 0
	is.Equal(p, Partitions{"a": {1, 2}, "b": {0}})
	is.Equal(generation, int32(-1))
	for _, garbage := range [][]byte{nil, {}, []byte("garbage"), old[:7]} {
		p, generation = decodePrevious(garbage)
		is.Equal(p, Partitions{})
		is.Equal(generation, int32(-1))
	}
}

func TestAssignmentRoundTrip(t *testing.T) {
	is := is.New(t)
	want := Partitions{"a": {0, 3}, "b": {1}}
	got, err := decodeAssignment(encodeAssignment(want))
	is.NoErr(err)
	is.Equal(got, want)

	got, err = decodeAssignment(nil) // a member that got nothing
	is.NoErr(err)
	is.Equal(got.Len(), 0)
}

func FuzzDecode(f *testing.F) {
	f.Add(subscription{topics: []string{"a"}, owned: Partitions{"a": {1}}}.encode(2))
	f.Add(encodeAssignment(Partitions{"a": {1}}))
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = decodeSubscription(b)
		_, _ = decodeAssignment(b)
		_, _ = decodePrevious(b)
	})
}
