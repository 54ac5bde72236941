package connector_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
	"github.com/conduitio/conduit-connector-kafka/test/kclient"
)

// takeOver ends a cluster and starts the cluster "B" at its addresses, with a topic of
// the same name that has records.
func takeOver(t *testing.T, a *kfake.Cluster) *kclient.Client {
	t.Helper()
	is := is.New(t)
	var ports []int
	for _, addr := range a.ListenAddrs() {
		_, port, err := net.SplitHostPort(addr)
		is.NoErr(err)
		n, err := strconv.Atoi(port)
		is.NoErr(err)
		ports = append(ports, n)
	}
	a.Close()
	b := embedded.Start(t, kfake.Ports(ports...), kfake.SeedTopics(1, "t"), kfake.ClusterID("B"))
	truth, err := kclient.New(b.ListenAddrs())
	is.NoErr(err)
	t.Cleanup(truth.Close)
	for range 20 {
		is.NoErr(truth.Produce(t.Context(), &kgo.Record{Topic: "t", Value: []byte("of B")}))
	}
	return truth
}

func clusterA(t *testing.T) (*kfake.Cluster, settings) {
	a := embedded.Start(t, kfake.SeedTopics(1, "t"), kfake.ClusterID("A"))
	return a, settings{"servers": list(a.ListenAddrs())}
}

func namesBoth(err error) bool {
	return err != nil && strings.Contains(err.Error(), `belongs to the cluster "B", and not to "A"`)
}

func TestSourceEndsWhereAnotherClusterHasTakenTheAddressesOver(t *testing.T) {
	is := is.New(t)
	ctx := guarded(t)
	a, servers := clusterA(t)
	_, err := write(ctx, servers.with(settings{"topic": "t"}), numbered(3)...)
	is.NoErr(err)
	src, err := openSource(ctx, servers.with(settings{
		"topics": "t", "groupID": "g", "readFromBeginning": "true", "sessionTimeout": "6s", "commitOffsetsDelay": "10ms",
	}), nil)
	is.NoErr(err)
	defer src.Teardown(ctx)
	got, err := read(ctx, src, 3)
	is.NoErr(err)
	is.NoErr(src.Ack(ctx, got[0].Position))
	truth := takeOver(t, a)
	for _, r := range got[1:] {
		is.NoErr(src.Ack(ctx, r.Position))
	}
	more, err := read(ctx, src, 1)
	is.Equal(len(more), 0)
	t.Log(err)
	is.True(namesBoth(err))
	_, err = truth.Committed(ctx, "g", "t")
	is.True(errors.Is(err, kerr.GroupIDNotFound)) // nobody has joined or committed there
}

func TestDestinationWritesNothingWhereAnotherClusterHasTakenTheAddressesOver(t *testing.T) {
	for _, acks := range []string{"all", "none"} {
		t.Run(acks, func(t *testing.T) {
			is := is.New(t)
			ctx := guarded(t)
			a, servers := clusterA(t)
			dst, err := openDestination(ctx, servers.with(settings{"topic": "t", "acks": acks, "compression": "none"}))
			is.NoErr(err)
			defer dst.Teardown(ctx)
			_, err = dst.Write(ctx, numbered(3))
			is.NoErr(err)
			truth := takeOver(t, a)
			var n int
			for err == nil && ctx.Err() == nil { // with acks none only a connection's end shows
				time.Sleep(10 * time.Millisecond)
				n, err = dst.Write(ctx, numbered(3))
			}
			t.Log(n, err)
			is.True(namesBoth(err))
			end, err := truth.EndOffsets(context.WithoutCancel(ctx), "t")
			is.NoErr(err)
			is.Equal(end[0], int64(20))
		})
	}
}
