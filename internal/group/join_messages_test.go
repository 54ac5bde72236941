package group

import (
	"testing"

	"github.com/matryer/is"
	"github.com/segmentio/kafka-go/protocol/joingroup"
	"github.com/segmentio/kafka-go/protocol/leavegroup"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestJoinIsWhatKafkaReads(t *testing.T) {
	for _, version := range []int16{8, 9} {
		is := is.New(t)
		req := &joinRequest{&joingroup.Request{
			GroupID: "g", SessionTimeoutMS: 1, RebalanceTimeoutMS: 2, MemberID: "m", GroupInstanceID: "i", ProtocolType: "consumer",
			Protocols: []joingroup.RequestProtocol{{Name: "range", Metadata: []byte{7, 8}}},
		}, "why"}
		got := kmsg.JoinGroupRequest{Version: version}
		is.NoErr(got.ReadFrom(body(req.Body(version))))
		is.Equal(got.AppendTo(nil), body(req.Body(version)))
		is.Equal(got.Group, "g")
		is.Equal(got.SessionTimeoutMillis, int32(1))
		is.Equal(got.RebalanceTimeoutMillis, int32(2))
		is.Equal(got.MemberID, "m")
		is.Equal(*got.InstanceID, "i")
		is.Equal(got.ProtocolType, "consumer")
		is.Equal(got.Protocols[0].Name, "range")
		is.Equal(got.Protocols[0].Metadata, []byte{7, 8})
		is.Equal(*got.Reason, "why")

		instance, protocol := "i", "range"
		res := kmsg.NewPtrJoinGroupResponse()
		res.Version, res.ErrorCode, res.Generation, res.Protocol, res.LeaderID, res.MemberID = version, 27, 3, &protocol, "l", "m"
		res.SkipAssignment = true
		res.Members = []kmsg.JoinGroupResponseMember{{MemberID: "m", InstanceID: &instance, ProtocolMetadata: []byte{9}}}
		whole := frame(res)
		read, err := readJoin(whole, version)
		is.NoErr(err)
		is.Equal(read.ErrorCode, int16(27))
		is.Equal(read.GenerationID, int32(3))
		is.Equal(read.ProtocolName, "range")
		is.Equal(read.LeaderID, "l")
		is.Equal(read.MemberID, "m")
		is.Equal(read.skip, version == 9)
		is.Equal(read.Members, []joingroup.ResponseMember{{MemberID: "m", GroupInstanceID: "i", Metadata: []byte{9}}})
		for n := range len(whole) {
			if _, err := readJoin(whole[:n], version); err == nil {
				t.Errorf("%d of %d bytes are an answer", n, len(whole))
			}
		}
	}
}

func TestLeaveIsWhatKafkaReads(t *testing.T) {
	is := is.New(t)
	req := &leaveRequest{&leavegroup.Request{GroupID: "g", MemberID: "m", Members: []leavegroup.RequestMember{{MemberID: "m"}}}, "why"}
	got := kmsg.LeaveGroupRequest{Version: 5}
	is.NoErr(got.ReadFrom(body(req.Body(5))))
	is.Equal(got.AppendTo(nil), body(req.Body(5)))
	is.Equal(got.Group, "g")
	is.Equal(got.Members[0].MemberID, "m")
	is.True(got.Members[0].InstanceID == nil)
	is.Equal(*got.Members[0].Reason, "why")

	res := kmsg.NewPtrLeaveGroupResponse()
	res.Version = 5
	res.Members = []kmsg.LeaveGroupResponseMember{{MemberID: "m", ErrorCode: 25}}
	is.True(gone(leaveError(frame(res), 5)))
}
