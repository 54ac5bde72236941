package group

import (
	"context"
	"errors"
	"fmt"
	"net"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// describeRequest is ConsumerGroupDescribe (KIP-848), which kafka-go lacks, for one group.
type describeRequest struct{ group string }

// ApiKey is that of ConsumerGroupDescribe.
func (*describeRequest) ApiKey() protocol.ApiKey { return 69 }

// Versions are all; the second adds the type of each member.
func (*describeRequest) Versions() (first, last int16) { return 0, 1 }

// FirstFlexible is the first version.
func (*describeRequest) FirstFlexible() int16 { return 0 }

// Body is the request without its header.
func (r *describeRequest) Body(int16) net.Buffers {
	var w primitive.Writer
	w.CompactCount(1)
	w.CompactString(r.group)
	w.Bool(false) // without authorized operations
	w.Tags()
	return net.Buffers{w.Written()}
}

// describeConsumer asks for a group of the protocol of KIP-848.
func describeConsumer(ctx context.Context, conn *wire.Conn, group string) (Description, error) {
	none := Description{State: dead}
	req := &describeRequest{group}
	if _, ok := conn.VersionOf(req); !ok { // the broker has no such groups
		return none, nil
	}
	var code int16
	d, err := exchange(ctx, conn, req, func(frame []byte, version int16) (d Description, err error) {
		d, code, err = parseDescription(frame, version)
		return d, err
	})
	if err != nil {
		return none, err
	}
	switch err := cluster.CodeError(code); {
	case errors.Is(err, kafkago.GroupIdNotFound), errors.Is(err, kafkago.UnsupportedVersion): // group.version is 0
		return none, nil
	case err != nil:
		return none, err
	}
	return d, nil
}

// minDescribed is the size of the smallest item of the arrays in the answer.
const minDescribed = 2

// parseDescription reads a raw frame: size, correlation ID, tags, then the response.
func parseDescription(frame []byte, version int16) (d Description, code int16, err error) {
	r := flexibleBody(frame)
	if n := r.CompactCount(minDescribed); n != 1 {
		r.Fail(fmt.Errorf("it describes %d groups", n))
	}
	code = r.Int16()
	r.CompactString() // error message
	r.CompactString() // group
	d.State = r.CompactString()
	r.Int32()         // group epoch
	r.Int32()         // assignment epoch
	r.CompactString() // assignor
	for range r.CompactCount(minDescribed) {
		d.Members = append(d.Members, readMember(r, version))
	}
	r.Int32() // authorized operations
	return d, code, r.Err()
}

func readMember(r *primitive.Reader, version int16) MemberDescription {
	m := MemberDescription{ID: r.CompactString(), InstanceID: r.CompactString()}
	r.CompactString() // rack
	r.Int32()         // member epoch
	m.ClientID, m.Host = r.CompactString(), r.CompactString()
	for range r.CompactCount(1) {
		r.CompactString() // subscribed topic
	}
	r.CompactString() // subscribed pattern
	m.Partitions = readMemberAssignment(r)
	readMemberAssignment(r) // the one it is to have
	if version >= 1 {
		r.Take(1) // type
	}
	r.Tags()
	return m
}

func readMemberAssignment(r *primitive.Reader) Partitions {
	p := Partitions{}
	for range r.CompactCount(minDescribed) {
		r.Take(16) // topic ID
		topic := r.CompactString()
		var ids []int32
		for range r.CompactCount(4) {
			ids = append(ids, r.Int32())
		}
		r.Tags()
		p.Add(topic, ids...)
	}
	r.Tags()
	return p
}
