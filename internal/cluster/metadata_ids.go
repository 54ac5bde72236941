package cluster

import (
	"fmt"
	"time"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/metadata"

	"github.com/conduitio/conduit-connector-kafka/internal/primitive"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

func init() {
	protocol.RegisterOverride(new(metadataRequest), new(metadata.Response), metadataOverride)
}

// metadataOverride sets metadataRequest apart from kafka-go's request.
const metadataOverride protocol.OverrideTypeKey = 1

// metadataRequest is the Metadata request in its versions 11 and 12, whose answer
// has the IDs of topics (KIP-516). kafka-go's own ends at version 8.
type metadataRequest struct {
	_ struct{} `kafka:"min=v11,max=v12,tag"`

	Topics                           []metadataTopic `kafka:"min=v11,max=v12,nullable"`
	AllowAutoTopicCreation           bool            `kafka:"min=v11,max=v12"`
	IncludeTopicAuthorizedOperations bool            `kafka:"min=v11,max=v12"`
}

type metadataTopic struct {
	_ struct{} `kafka:"min=v11,max=v12,tag"`

	IDHigh, IDLow int64  `kafka:"min=v11,max=v12"` // 0: by name
	Name          string `kafka:"min=v11,max=v12,nullable"`
}

// ApiKey is the kind of request.
func (*metadataRequest) ApiKey() protocol.ApiKey { return protocol.Metadata }

// TypeKey sets the request apart from kafka-go's.
func (*metadataRequest) TypeKey() protocol.OverrideTypeKey { return metadataOverride }

// Versions are those with topic IDs that need nothing else.
func (*metadataRequest) Versions() (first, last int16) { return 11, 12 }

// TopicIDsRequest is the request whose answer has the IDs of topics, in the versions that
// have them.
func TopicIDsRequest() wire.Ranged { return new(metadataRequest) }

// newMetadataRequest asks for topics by name, for all where names is nil.
func newMetadataRequest(names []string, m missing) *metadataRequest {
	req := &metadataRequest{AllowAutoTopicCreation: bool(m)}
	if names != nil {
		req.Topics = make([]metadataTopic, len(names))
		for i, n := range names {
			req.Topics[i].Name = n
		}
	}
	return req
}

// Sizes of the smallest items of the arrays in a response.
const (
	minEndpoint  = 11
	minTopic     = 26
	minPartition = 18
	int32Size    = 4
)

// parseMetadata reads a raw frame: size, correlation ID, tags, then the response.
func parseMetadata(frame []byte) (view, error) {
	r := primitive.Answer(frame, true).Reader
	r.Int32() // throttle time
	v := view{brokers: ReadEndpoints(r)}
	v.clusterID = r.CompactString()
	v.controller = r.Int32()
	for range r.CompactCount(minTopic) {
		v.topics = append(v.topics, readTopic(r))
	}
	r.Tags()
	if err := r.Whole(); err != nil {
		return view{}, fmt.Errorf("read metadata response: %w", err)
	}
	return v, nil
}

// ReadEndpoints reads an array of brokers, in a flexible version of an answer.
func ReadEndpoints(r *primitive.Reader) []Endpoint {
	var out []Endpoint
	for range r.CompactCount(minEndpoint) {
		out = append(out, Endpoint{Node: r.Int32(), Host: r.CompactString(), Port: r.Int32()})
		r.CompactString() // rack
		r.Tags()
	}
	return out
}

func readTopic(r *primitive.Reader) Topic {
	t := Topic{Err: CodeError(r.Int16()), Name: r.CompactString(), AsOf: time.Now()}
	copy(t.ID[:], r.Take(len(t.ID)))
	t.Internal = r.Bool()
	for range r.CompactCount(minPartition) {
		p := Partition{Err: CodeError(r.Int16()), ID: r.Int32(), Leader: r.Int32(), LeaderEpoch: r.Int32()}
		for range 3 { // replicas, those in sync, those offline
			r.Take(r.CompactCount(int32Size) * int32Size)
		}
		r.Tags()
		t.Partitions = append(t.Partitions, p)
	}
	r.Int32() // authorized operations
	r.Tags()
	return t
}
