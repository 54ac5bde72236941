package connector_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// Sources in processes of their own share the partitions of a group. One is killed
// in the middle, one is stopped in order, one comes late: each record is read, and
// again only what the killed one had not committed.
func TestSourcesWithOneGroupIDShareThePartitions(t *testing.T) {
	t.Parallel()
	is := is.New(t)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cluster, client, topic := realKafka(t, 6)
	group := "g-" + topic
	s := settings{
		"servers": list(cluster.Servers()), "topics": topic, "groupID": group, "readFromBeginning": "true",
		"sessionTimeout": "3s", "heartbeatInterval": "200ms", "commitOffsetsDelay": "200ms",
	}
	var members []*process
	come := func() *process {
		m := startProcess(t, s)
		members = append(members, m)
		return m
	}
	written := 0
	write := func(n int) {
		t.Helper()
		for range n {
			is.NoErr(client.Produce(ctx, &kgo.Record{Topic: topic, Partition: int32(written % 6), Value: fmt.Append(nil, written)}))
			written++
		}
	}
	// Until all that is written has been read by somebody.
	await := func() map[string]int {
		t.Helper()
		for {
			seen := map[string]int{}
			for _, m := range members {
				m.count(seen)
			}
			if len(seen) == written {
				return seen
			}
			select {
			case <-ctx.Done():
				t.Fatalf("%d of %d records were read", len(seen), written)
			case <-time.After(20 * time.Millisecond):
			}
		}
	}

	first, second, third := come(), come(), come()
	awaitMembers(ctx, t, client, group, 3)
	write(60)
	await()
	for _, m := range members {
		is.True(m.count(map[string]int{}) > 0) // each has its share
	}

	first.kill()
	write(60)
	awaitMembers(ctx, t, client, group, 2)
	write(60)
	await()

	is.NoErr(second.stop())
	write(60)
	fourth := come()
	awaitMembers(ctx, t, client, group, 2)
	write(60)
	seen := await()
	is.True(fourth.count(map[string]int{}) > 0)
	is.NoErr(third.stop())
	is.NoErr(fourth.stop())

	again := 0
	killed := map[string]int{}
	first.count(killed)
	for value, times := range seen {
		if times > 1 {
			again++
			is.True(killed[value] > 0) // nothing else comes twice
		}
	}
	t.Logf("of %d records %d came twice, after the killed source had read them", written, again)
	committed, err := client.Committed(ctx, group, topic)
	is.NoErr(err)
	end, err := client.EndOffsets(ctx, topic)
	is.NoErr(err)
	is.Equal(committed, end)
}

// awaitMembers waits until a group is stable with that many members.
func awaitMembers(ctx context.Context, t *testing.T, client *kclient.Client, group string, want int) {
	t.Helper()
	for {
		state, n, err := client.Group(ctx, group)
		if err == nil && state == "Stable" && n == want {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("group %s is %s with %d members, want %d: %v", group, state, n, want, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
