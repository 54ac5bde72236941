package faults_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/sides"
)

// A follower dies, its leader goes on alone and dies too; the follower comes back
// and leads, without what the leader took alone, and takes more than that: the log
// has other records where some were read.
func TestUncleanElection(t *testing.T) {
	s := prepare(t)
	ctx, cancel := context.WithTimeout(s.log, guard)
	defer cancel()
	const leader, follower = 1, 2
	s.topic, s.group = broker.Name(t), broker.Name(t)
	s.createOn(ctx, leader, follower)
	src, err := sides.OpenSource(s.log, settings{
		"servers": strings.Join(s.cluster.Servers(), ","), "topics": s.topic, "groupID": s.group, "readFromBeginning": "true",
	}, nil)
	s.is.NoErr(err)
	defer func() { s.is.NoErr(src.Teardown(s.log)) }()

	s.produce(ctx, 0, 10)
	s.reads(ctx, src, 0, 10)
	s.is.NoErr(s.cluster.KillNode(follower))
	s.produce(ctx, 10, 20)
	s.reads(ctx, src, 10, 20)

	s.is.NoErr(s.cluster.KillNode(leader))
	s.is.NoErr(s.cluster.StartNode(ctx, follower))
	s.produce(ctx, 100, 140) // offsets 10 to 49
	s.reads(ctx, src, 100, 140)
	s.is.NoErr(s.cluster.Restore(ctx))
}

// createOn makes the topic, of one partition with replicas on these nodes, of which
// any may lead, whatever it has.
func (s *scenario) createOn(ctx context.Context, nodes ...int32) {
	s.t.Helper()
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = s.topic, -1, -1
	topic.ReplicaAssignment = []kmsg.CreateTopicsRequestTopicReplicaAssignment{{Replicas: nodes}}
	for name, value := range map[string]string{"min.insync.replicas": "1", "unclean.leader.election.enable": "true"} {
		c := kmsg.NewCreateTopicsRequestTopicConfig()
		c.Name, c.Value = name, &value
		topic.Configs = append(topic.Configs, c)
	}
	req := kmsg.NewPtrCreateTopicsRequest()
	req.TimeoutMillis, req.Topics = 30000, append(req.Topics, topic)
	res, err := req.RequestWith(ctx, s.client.Raw())
	s.is.NoErr(err)
	s.is.Equal(res.Topics[0].ErrorCode, int16(0))
}

// produce writes numbers, waiting for a leader.
func (s *scenario) produce(ctx context.Context, from, to int) {
	s.t.Helper()
	var records []*kgo.Record
	for i := from; i < to; i++ {
		records = append(records, &kgo.Record{Topic: s.topic, Value: fmt.Append(nil, i)})
	}
	s.is.NoErr(s.client.Produce(ctx, records...))
}

// reads expects exactly these numbers, in order.
func (s *scenario) reads(ctx context.Context, src source, from, to int) {
	s.t.Helper()
	for want := from; want < to; {
		records, err := src.ReadN(ctx, 1)
		s.is.NoErr(err)
		for _, r := range records {
			s.is.Equal(string(r.Payload.After.Bytes()), fmt.Sprint(want))
			s.is.NoErr(src.Ack(ctx, r.Position))
			want++
		}
	}
}
