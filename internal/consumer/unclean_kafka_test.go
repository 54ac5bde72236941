package consumer

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// A follower dies, its leader goes on alone and dies too; the follower comes back
// and leads, without what the leader took alone, and takes more than that.
func TestReadsWhatAnUncleanElectionPutInThePlaceOfOtherRecords(t *testing.T) {
	is := is.New(t)
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	kafka := broker.ForTest(t, broker.Options{Nodes: 3, Faults: true})
	defer func() { is.NoErr(kafka.Restore(ctx)) }()
	const leader, follower = 1, 2
	topic, g := broker.Name(t), broker.Name(t)
	createOn(ctx, t, kafka, topic, leader, follower)
	ours := openReal(t, kafka.Servers(), topic, g)
	defer ours.Close(ctx)

	write(ctx, t, kafka, topic, 0, 10)
	readAndAck(ctx, t, ours, topic, 0, 10)
	is.NoErr(kafka.KillNode(follower))
	write(ctx, t, kafka, topic, 10, 20)
	readAndAck(ctx, t, ours, topic, 10, 20)

	is.NoErr(kafka.KillNode(leader))
	is.NoErr(kafka.StartNode(ctx, follower))
	write(ctx, t, kafka, topic, 100, 140) // offsets 10 to 49
	readAndAck(ctx, t, ours, topic, 100, 140)
}

// createOn makes a topic of one partition with replicas on these nodes, the first
// of which leads, and where consistency comes last.
func createOn(ctx context.Context, t *testing.T, kafka *broker.Cluster, topic string, nodes ...int32) {
	t.Helper()
	is := is.New(t)
	truth, err := kclient.New(kafka.Servers())
	is.NoErr(err)
	defer truth.Close()
	rt := kmsg.NewCreateTopicsRequestTopic()
	rt.Topic, rt.NumPartitions, rt.ReplicationFactor = topic, -1, -1
	rt.ReplicaAssignment = []kmsg.CreateTopicsRequestTopicReplicaAssignment{{Replicas: nodes}}
	for k, v := range map[string]string{"min.insync.replicas": "1", "unclean.leader.election.enable": "true"} {
		c := kmsg.NewCreateTopicsRequestTopicConfig()
		c.Name, c.Value = k, &v
		rt.Configs = append(rt.Configs, c)
	}
	req := kmsg.NewPtrCreateTopicsRequest()
	req.TimeoutMillis, req.Topics = 30000, append(req.Topics, rt)
	res, err := req.RequestWith(ctx, truth.Raw())
	is.NoErr(err)
	is.Equal(res.Topics[0].ErrorCode, int16(0))
}

// write writes numbers, trying until there is a leader.
func write(ctx context.Context, t *testing.T, kafka *broker.Cluster, topic string, from, to int) {
	t.Helper()
	is := is.New(t)
	truth, err := kclient.New(kafka.Servers())
	is.NoErr(err)
	defer truth.Close()
	var records []*kgo.Record
	for i := from; i < to; i++ {
		records = append(records, &kgo.Record{Topic: topic, Value: fmt.Append(nil, i)})
	}
	is.NoErr(truth.Produce(ctx, records...))
}

func readAndAck(ctx context.Context, t *testing.T, c *Consumer, topic string, from, to int) {
	t.Helper()
	is := is.New(t)
	for want := from; want < to; {
		batches, err := c.Next(ctx, 100)
		is.NoErr(err)
		for _, b := range batches {
			for _, r := range b.Records {
				is.Equal(string(r.Value), fmt.Sprint(want))
				c.Ack(topic, 0, r.Offset)
				want++
			}
		}
	}
}
