package group

import (
	"errors"
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func frameOf(res kmsg.Response) []byte {
	frame := make([]byte, 8)
	if res.IsFlexible() {
		frame = append(frame, 0)
	}
	return res.AppendTo(frame)
}

func TestReadsTheErrorOfAHeartbeatInEachVersion(t *testing.T) {
	for version := range int16(5) {
		is := is.New(t)
		res := kmsg.NewPtrHeartbeatResponse()
		res.Version = version
		res.ThrottleMillis = 77
		res.ErrorCode = kerr.RebalanceInProgress.Code
		is.True(errors.Is(heartbeatError(frameOf(res), version), kafkago.RebalanceInProgress))
		res.ErrorCode = 0
		is.NoErr(heartbeatError(frameOf(res), version))
	}
}

func TestReadsTheErrorOfALeavingInEachVersion(t *testing.T) {
	for version := range int16(5) {
		is := is.New(t)
		res := kmsg.NewPtrLeaveGroupResponse()
		res.Version = version
		res.ThrottleMillis = 77
		member := kmsg.NewLeaveGroupResponseMember()
		member.MemberID = "somebody"
		res.Members = append(res.Members, member)
		is.NoErr(leaveError(frameOf(res), version))
		res.ErrorCode = kerr.NotCoordinator.Code
		is.True(errors.Is(leaveError(frameOf(res), version), kafkago.NotCoordinatorForGroup))
		if version >= 3 { // the error may be the member's
			res.ErrorCode = 0
			res.Members[0].ErrorCode = kerr.UnknownMemberID.Code
			is.True(errors.Is(leaveError(frameOf(res), version), kafkago.UnknownMemberId))
		}
	}
}

func TestTakesNoPartOfAnAnswerForAnAnswer(t *testing.T) {
	heartbeat, leave := kmsg.NewPtrHeartbeatResponse(), kmsg.NewPtrLeaveGroupResponse()
	leave.Members = append(leave.Members, kmsg.NewLeaveGroupResponseMember())
	for version := range int16(5) {
		heartbeat.Version, leave.Version = version, version
		for _, c := range []struct {
			frame []byte
			read  func([]byte, int16) error
		}{{frameOf(heartbeat), heartbeatError}, {frameOf(leave), leaveError}} {
			is := is.New(t)
			is.NoErr(c.read(c.frame, version))
			for n := range c.frame {
				is.True(c.read(c.frame[:n], version) != nil) // without its end
			}
			is.True(c.read(append(c.frame, 0), version) != nil) // with something after it
		}
	}
}

// FuzzAnswers reads any bytes as the answers that are decoded by hand.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte{0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 27}, int16(3))
	f.Add([]byte{0, 0, 0, 14, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 27, 2, 2, 'a', 0, 0, 25, 0, 0}, int16(4))
	f.Fuzz(func(t *testing.T, frame []byte, version int16) {
		_ = heartbeatError(frame, version)
		_ = leaveError(frame, version)
	})
}
