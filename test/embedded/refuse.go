package embedded

import (
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Codes lists the error codes of Kafka 4.1 (org.apache.kafka.common.protocol.Errors),
// and one that no Kafka knows yet.
func Codes() []int16 {
	codes := []int16{-1}
	for code := range int16(133) {
		codes = append(codes, code+1)
	}
	return append(codes, 999)
}

// NameTopics puts the names of topics into a request that has their IDs alone.
func NameTopics(c *kfake.Cluster, req kmsg.Request) {
	if req.GetVersion() < 13 {
		return
	}
	name := func(id [16]byte, name *string) {
		if info := c.TopicIDInfo(id); info != nil {
			*name = info.Topic
		}
	}
	switch r := req.(type) {
	case *kmsg.FetchRequest:
		for i := range r.Topics {
			name(r.Topics[i].TopicID, &r.Topics[i].Topic)
		}
	case *kmsg.ProduceRequest:
		for i := range r.Topics {
			name(r.Topics[i].TopicID, &r.Topics[i].Topic)
		}
	}
}

// Answer has requests of one kind answered by a function for as long as the cluster
// lives. Where that returns nil the cluster answers itself.
func Answer(c *kfake.Cluster, key kmsg.Key, answer func(kmsg.Request) kmsg.Response) {
	c.ControlKey(key.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		NameTopics(c, req)
		res := answer(req)
		return res, nil, res != nil
	})
}

// Refusals answers requests with error codes, by subject: a group, or a topic.
type Refusals struct {
	mu   sync.Mutex
	left map[string]refusal
}

type refusal struct {
	code  int16
	times int
}

// Refuse begins to answer requests of one kind for the subjects that are given to
// Next. subject returns that of a request.
func Refuse(c *kfake.Cluster, key kmsg.Key, subject func(kmsg.Request) string) *Refusals {
	r := &Refusals{left: make(map[string]refusal)}
	Answer(c, key, func(req kmsg.Request) kmsg.Response {
		r.mu.Lock()
		defer r.mu.Unlock()
		name := subject(req)
		next := r.left[name]
		if next.times == 0 {
			return nil
		}
		next.times--
		r.left[name] = next
		return Refusal(req, next.code)
	})
	return r
}

// Next has the next n requests for a subject refused; always, if that
// is negative.
func (r *Refusals) Next(subject string, code int16, times int) {
	r.mu.Lock()
	r.left[subject] = refusal{code, times}
	r.mu.Unlock()
}

// Left is how many refusals are still to come.
func (r *Refusals) Left(subject string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.left[subject].times
}

// Refusal is the answer to a request with an error code for everything it asks for,
// in the place where brokers put it: in each partition where there are some.
func Refusal(req kmsg.Request, code int16) kmsg.Response {
	kind := req.ResponseKind()
	switch res := kind.(type) {
	case *kmsg.ApiVersionsResponse:
		res.ErrorCode = code
	case *kmsg.SASLHandshakeResponse:
		res.ErrorCode = code
	case *kmsg.SASLAuthenticateResponse:
		res.ErrorCode = code
	case *kmsg.FindCoordinatorResponse:
		res.ErrorCode, res.NodeID = code, -1
	case *kmsg.JoinGroupResponse:
		res.ErrorCode, res.Generation = code, -1
		res.MemberID = req.(*kmsg.JoinGroupRequest).MemberID
	case *kmsg.SyncGroupResponse:
		res.ErrorCode = code
	case *kmsg.HeartbeatResponse:
		res.ErrorCode = code
	case *kmsg.LeaveGroupResponse:
		res.ErrorCode = code
	case *kmsg.InitProducerIDResponse:
		res.ErrorCode, res.ProducerID, res.ProducerEpoch = code, -1, -1
	case *kmsg.EndTxnResponse:
		res.ErrorCode = code
	default:
		refuseParts(req, kind, code)
	}
	return kind
}

func refuseParts(req kmsg.Request, kind kmsg.Response, code int16) {
	switch req := req.(type) {
	case *kmsg.MetadataRequest:
		res := kind.(*kmsg.MetadataResponse)
		for i := range req.Topics {
			t := kmsg.NewMetadataResponseTopic()
			t.Topic, t.ErrorCode = req.Topics[i].Topic, code
			res.Topics = append(res.Topics, t)
		}
	case *kmsg.CreateTopicsRequest:
		res := kind.(*kmsg.CreateTopicsResponse)
		for i := range req.Topics {
			t := kmsg.NewCreateTopicsResponseTopic()
			t.Topic, t.ErrorCode = req.Topics[i].Topic, code
			res.Topics = append(res.Topics, t)
		}
	case *kmsg.OffsetCommitRequest:
		res := kind.(*kmsg.OffsetCommitResponse)
		for i := range req.Topics {
			t := kmsg.NewOffsetCommitResponseTopic()
			t.Topic, t.TopicID = req.Topics[i].Topic, req.Topics[i].TopicID
			for j := range req.Topics[i].Partitions {
				p := kmsg.NewOffsetCommitResponseTopicPartition()
				p.Partition, p.ErrorCode = req.Topics[i].Partitions[j].Partition, code
				t.Partitions = append(t.Partitions, p)
			}
			res.Topics = append(res.Topics, t)
		}
	case *kmsg.OffsetFetchRequest:
		res := kind.(*kmsg.OffsetFetchResponse)
		if len(req.Topics) == 0 { // all: without the code it would say that nothing is committed
			res.ErrorCode = code
		}
		for i := range req.Topics {
			t := kmsg.NewOffsetFetchResponseTopic()
			t.Topic = req.Topics[i].Topic
			for _, id := range req.Topics[i].Partitions {
				p := kmsg.NewOffsetFetchResponseTopicPartition()
				p.Partition, p.Offset, p.ErrorCode = id, -1, code
				t.Partitions = append(t.Partitions, p)
			}
			res.Topics = append(res.Topics, t)
		}
	case *kmsg.ListOffsetsRequest:
		res := kind.(*kmsg.ListOffsetsResponse)
		for i := range req.Topics {
			t := kmsg.NewListOffsetsResponseTopic()
			t.Topic = req.Topics[i].Topic
			for j := range req.Topics[i].Partitions {
				p := kmsg.NewListOffsetsResponseTopicPartition()
				p.Partition, p.Offset, p.ErrorCode = req.Topics[i].Partitions[j].Partition, -1, code
				t.Partitions = append(t.Partitions, p)
			}
			res.Topics = append(res.Topics, t)
		}
	case *kmsg.OffsetForLeaderEpochRequest:
		res := kind.(*kmsg.OffsetForLeaderEpochResponse)
		for i := range req.Topics {
			t := kmsg.NewOffsetForLeaderEpochResponseTopic()
			t.Topic = req.Topics[i].Topic
			for j := range req.Topics[i].Partitions {
				p := kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
				p.Partition, p.ErrorCode = req.Topics[i].Partitions[j].Partition, code
				t.Partitions = append(t.Partitions, p)
			}
			res.Topics = append(res.Topics, t)
		}
	case *kmsg.FetchRequest:
		res := kind.(*kmsg.FetchResponse)
		for i := range req.Topics {
			t := kmsg.NewFetchResponseTopic()
			t.Topic, t.TopicID = req.Topics[i].Topic, req.Topics[i].TopicID
			for j := range req.Topics[i].Partitions {
				p := kmsg.NewFetchResponseTopicPartition()
				p.Partition, p.HighWatermark, p.ErrorCode = req.Topics[i].Partitions[j].Partition, -1, code
				t.Partitions = append(t.Partitions, p)
			}
			res.Topics = append(res.Topics, t)
		}
	case *kmsg.ProduceRequest:
		res := kind.(*kmsg.ProduceResponse)
		for i := range req.Topics {
			t := kmsg.NewProduceResponseTopic()
			t.Topic, t.TopicID = req.Topics[i].Topic, req.Topics[i].TopicID
			for j := range req.Topics[i].Partitions {
				p := kmsg.NewProduceResponseTopicPartition()
				p.Partition, p.BaseOffset, p.ErrorCode = req.Topics[i].Partitions[j].Partition, -1, code
				t.Partitions = append(t.Partitions, p)
			}
			res.Topics = append(res.Topics, t)
		}
	case *kmsg.AddPartitionsToTxnRequest: // as clients send it, up to version 3
		res := kind.(*kmsg.AddPartitionsToTxnResponse)
		for i := range req.Topics {
			t := kmsg.NewAddPartitionsToTxnResponseTopic()
			t.Topic = req.Topics[i].Topic
			for _, id := range req.Topics[i].Partitions {
				p := kmsg.NewAddPartitionsToTxnResponseTopicPartition()
				p.Partition, p.ErrorCode = id, code
				t.Partitions = append(t.Partitions, p)
			}
			res.Topics = append(res.Topics, t)
		}
	default:
		panic(fmt.Sprintf("refuse %T: not known here", req))
	}
}
