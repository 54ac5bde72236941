package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/broker"
	"github.com/conduitio/conduit-connector-kafka/test/expect"
)

const groupTool = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"

// Kafka's own tool and this one agree, and the source goes on where either has put it.
func TestOffsetsOnRealKafka(t *testing.T) {
	cluster := broker.ForTest(t, broker.Options{})
	topic := cluster.NewTopic(t, 2, nil)
	r := newReader(t, cluster.Servers(), topic)
	status, _, stderr := offsets(t, r.arguments("reset", "-to-earliest", "-execute")...)
	r.Equal(status, statusActive)
	expect.Text(t, stderr, "conduit-connector-kafka-")
	r.stop()

	tool := func(args ...string) string {
		t.Helper()
		out, err := cluster.Tool(r.ctx, groupTool, append([]string{"--bootstrap-server", r.settings["servers"], "--group", r.settings["groupID"]}, args...)...)
		r.NoErr(err)
		t.Log(out)
		return out
	}
	status, ours, _ := offsets(t, r.arguments("reset", "-shift-by", "-4", "-export")...)
	r.Equal(status, 0)
	theirs := tool("--reset-offsets", "--topic", topic, "--shift-by", "-4", "--export", "--dry-run")
	for line := range strings.Lines(ours) {
		expect.Text(t, strings.ReplaceAll(theirs, `"`, ""), strings.TrimSpace(line))
	}

	status, _, _ = offsets(t, r.arguments("reset", "-to-datetime", time.Now().Add(-time.Hour).Format(time.RFC3339), "-execute")...)
	r.Equal(status, 0)
	expect.Text(t, strings.Join(strings.Fields(tool("--describe")), " "), topic+" 0 0 10 10 -", topic+" 1 0 10 10 -")
	r.open()
	r.Equal(len(r.read(20)), 2)
	r.stop()

	status, _, _ = offsets(t, r.arguments("reset", "-to-offset", "8", "-topic", topic+":0", "-execute")...)
	r.Equal(status, 0)
	r.open()
	r.Equal(r.read(2), map[int32][]int64{0: {8, 9}})
	r.stop()
}

// A group of the protocol of KIP-848 is seen, and stands in the way, as any other.
func TestOffsetsOfAGroupOfTheNewProtocol(t *testing.T) {
	cluster := broker.ForTest(t, broker.Options{})
	topic := cluster.NewTopic(t, 2, nil)
	r := newReader(t, cluster.Servers(), topic)
	r.stop()
	group := r.settings["groupID"] + "-new"
	r.settings["groupID"] = group
	//nolint:revive,staticcheck // franz-go has the key as a text
	ctx := context.WithValue(r.ctx, "opt_in_kafka_next_gen_balancer_beta", true)
	member, err := kgo.NewClient(kgo.SeedBrokers(cluster.Servers()...), kgo.WithContext(ctx), kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.ClientID("newer"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	r.NoErr(err)
	defer member.Close()
	r.NoErr(member.PollRecords(r.ctx, 1).Err())
	for {
		status, out, _ := offsets(t, r.arguments("show")...)
		r.Equal(status, 0)
		if contains(out, fmt.Sprintf(`^  %s +0 +\S+ +10 +\S+ +\S+ +\S+ +newer$`, topic)) && contains(out, fmt.Sprintf(`^  %s +1 +\S+ +10 +\S+ +\S+ +\S+ +newer$`, topic)) {
			break
		}
		r.NoErr(r.ctx.Err())
		time.Sleep(100 * time.Millisecond)
	}
	status, _, stderr := offsets(t, r.arguments("reset", "-to-latest", "-execute")...)
	r.Equal(status, statusActive)
	expect.Text(t, stderr, "is stable")
	r.NoErr(member.CommitUncommittedOffsets(r.ctx))
	member.Close()
	for status == statusActive { // it leaves
		r.NoErr(r.ctx.Err())
		status, _, _ = offsets(t, r.arguments("reset", "-to-latest", "-execute")...)
	}
	r.Equal(status, 0)
	committed, err := r.truth.Committed(r.ctx, group, topic)
	r.NoErr(err)
	r.Equal(committed, map[int32]int64{0: 10, 1: 10})
}
