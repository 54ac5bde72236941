package group

import (
	"context"
	"net"

	"github.com/segmentio/kafka-go/protocol/joingroup"
	"github.com/segmentio/kafka-go/protocol/leavegroup"

	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// JoinGroup and LeaveGroup in the versions that kafka-go lacks: those in which a member
// says why (KIP-800), for the brokers' logs, and a static leader that comes back hears that
// it leads (KIP-814).

// joinRequest is JoinGroup.
type joinRequest struct {
	*joingroup.Request
	reason string
}

// Versions begin with the first that carries a reason.
func (*joinRequest) Versions() (first, last int16) { return 8, 9 }

// FirstFlexible is that of JoinGroup.
func (*joinRequest) FirstFlexible() int16 { return 6 }

// Body is the request without its header.
func (r *joinRequest) Body(int16) net.Buffers {
	var w primitive.Writer
	w.CompactString(r.GroupID)
	w.Int32(r.SessionTimeoutMS)
	w.Int32(r.RebalanceTimeoutMS)
	w.CompactString(r.MemberID)
	w.CompactNullableString(r.GroupInstanceID)
	w.CompactString(r.ProtocolType)
	w.CompactCount(len(r.Protocols))
	for _, p := range r.Protocols {
		w.CompactString(p.Name)
		w.CompactCount(len(p.Metadata))
		w.Raw(p.Metadata)
		w.Tags()
	}
	w.CompactNullableString(r.reason)
	w.Tags()
	return net.Buffers{w.Written()}
}

// joined is the answer.
type joined struct {
	*joingroup.Response
	// skip says that this member leads the group and is to leave its assignment as it is.
	skip bool
}

// minMember is the size of the smallest member in the answer.
const minMember = 4

func readJoin(frame []byte, version int16) (joined, error) {
	const firstWithSkip = 9
	r := flexibleBody(frame)
	res := joined{Response: &joingroup.Response{
		ErrorCode: r.Int16(), GenerationID: r.Int32(), ProtocolType: r.CompactString(),
		ProtocolName: r.CompactString(), LeaderID: r.CompactString(),
	}}
	if version >= firstWithSkip {
		res.skip = r.Bool()
	}
	res.MemberID = r.CompactString()
	for range r.CompactCount(minMember) {
		res.Members = append(res.Members, joingroup.ResponseMember{
			MemberID: r.CompactString(), GroupInstanceID: r.CompactString(), Metadata: r.CompactBytes(),
		})
		r.Tags()
	}
	r.Tags()
	return res, finished(r)
}

// sendJoin sends JoinGroup, with its reason to a coordinator that takes one.
func (m *Member) sendJoin(ctx context.Context, req *joingroup.Request) (res joined, err error) {
	err = m.ask(ctx, func(conn *wire.Conn) error {
		reasoned := &joinRequest{req, m.reason}
		if _, ok := conn.VersionOf(reasoned); ok {
			res, err = exchangeWait(ctx, conn, reasoned, m.cfg.RebalanceTimeout, readJoin)
			return err
		}
		msg, err := conn.RoundTripWait(ctx, req, m.cfg.RebalanceTimeout)
		if err == nil {
			res.Response = msg.(*joingroup.Response)
		}
		return err
	})
	return res, err
}

// leaveRequest is LeaveGroup.
type leaveRequest struct {
	*leavegroup.Request
	reason string // of each member
}

// Versions has the first that carries reasons.
func (*leaveRequest) Versions() (first, last int16) { return 5, 5 }

// FirstFlexible is that of LeaveGroup.
func (*leaveRequest) FirstFlexible() int16 { return 4 }

// Body is the request without its header.
func (r *leaveRequest) Body(int16) net.Buffers {
	var w primitive.Writer
	w.CompactString(r.GroupID)
	w.CompactCount(len(r.Members))
	for _, m := range r.Members {
		w.CompactString(m.MemberID)
		w.CompactNullableString(m.GroupInstanceID)
		w.CompactNullableString(r.reason)
		w.Tags()
	}
	w.Tags()
	return net.Buffers{w.Written()}
}
