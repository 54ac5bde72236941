package cluster

import (
	"context"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// spread is a cluster of three brokers, each of which leads two of t's partitions.
func spread(t *testing.T, cfg wire.Config, opts ...kfake.Opt) (*kfake.Cluster, *Client) {
	is := is.New(t)
	fake := embedded.Start(t, append(opts, kfake.SeedTopics(6, "t"))...)
	for id := range int32(6) {
		is.NoErr(fake.MoveTopicPartition("t", id, id%3))
	}
	c := New(fake.ListenAddrs(), cfg)
	t.Cleanup(c.Close)
	_, err := c.Refresh(guarded(t), []string{"t"})
	is.NoErr(err)
	return fake, c
}

func endsOf(ids ...int32) []OffsetQuery {
	var out []OffsetQuery
	for _, id := range ids {
		out = append(out, OffsetQuery{"t", id, Latest})
	}
	return out
}

func TestListOffsetsAsksEachLeaderOnce(t *testing.T) {
	is := is.New(t)
	fake, c := spread(t, config)
	requests := embedded.Count(fake, kmsg.ListOffsets.Int16())
	answered := make(map[int32]int)
	c.ListOffsets(guarded(t), false, endsOf(0, 1, 2, 3, 4, 5, 9), func(answers []OffsetAnswer) {
		for _, a := range answers {
			answered[a.Partition]++
			is.Equal(a.Err != nil, a.Partition == 9) // which has no leader
		}
	})
	is.Equal(answered, map[int32]int{0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 9: 1})
	is.Equal(requests.Load(), int64(3))
}

// Brokers refuse a request that names a partition twice.
func TestListOffsetsAsksAboutBothEndsOfAPartition(t *testing.T) {
	is := is.New(t)
	fake, c := spread(t, config)
	requests := embedded.Count(fake, kmsg.ListOffsets.Int16())
	answers := 0
	queries := append(endsOf(0, 3), OffsetQuery{"t", 0, Earliest}, OffsetQuery{"t", 3, Earliest})
	c.ListOffsets(guarded(t), false, queries, func(a []OffsetAnswer) {
		for _, a := range a {
			is.NoErr(a.Err)
			answers++
		}
	})
	is.Equal(answers, len(queries))
	is.Equal(requests.Load(), int64(2))
}

func TestListOffsetsGivesTheAnswersOfOthersWhileALeaderIsSilent(t *testing.T) {
	is := is.New(t)
	fake, c := spread(t, config)
	fake.ControlKey(kmsg.ListOffsets.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		return nil, nil, fake.CurrentNode() == 0 // no answer
	})
	ctx, cancel := context.WithCancel(guarded(t))
	good, bad := 0, 0
	c.ListOffsets(ctx, false, endsOf(0, 1, 2, 3, 4, 5), func(answers []OffsetAnswer) {
		for _, a := range answers {
			if a.Err == nil {
				good++
				continue
			}
			bad++
			is.True(ctx.Err() != nil) // the write may have been cut short instead of the wait
		}
		if good == 4 {
			cancel()
		}
	})
	is.Equal(good, 4)
	is.Equal(bad, 2)
}

func TestEpochEndsAsksEachLeaderOnce(t *testing.T) {
	is := is.New(t)
	fake, c := spread(t, config)
	requests := embedded.Count(fake, kmsg.OffsetForLeaderEpoch.Int16())
	var queries []EpochQuery
	for id := range int32(6) {
		queries = append(queries, EpochQuery{"t", id, 0})
	}
	answers := 0
	c.EpochEnds(guarded(t), queries, func(a []EpochAnswer) {
		for _, a := range a {
			is.NoErr(a.Err)
			is.Equal(a.End, int64(0))
			answers++
		}
	})
	is.Equal(answers, 6)
	is.Equal(requests.Load(), int64(3))
}

// Version 2 wants the rights of a broker.
func TestEpochEndsAsksNoBrokerBelowVersion3(t *testing.T) {
	is := is.New(t)
	old := kversion.Stable()
	old.SetMaxKeyVersion(kmsg.OffsetForLeaderEpoch.Int16(), 2)
	_, c := spread(t, config, kfake.MaxVersions(old))
	_, err := c.EpochEnd(guarded(t), "t", 0, 0)
	is.Equal(err, ErrNoEpochs)
}

func TestMetadataOfAnOldBrokerHasNoLeaderEpochs(t *testing.T) {
	is := is.New(t)
	old := kversion.Stable()
	old.SetMaxKeyVersion(kmsg.Metadata.Int16(), 6)
	_, c := spread(t, config, kfake.MaxVersions(old))
	topic, _ := c.Cached("t")
	is.Equal(len(topic.Partitions), 6)
	for _, p := range topic.Partitions {
		is.Equal(p.LeaderEpoch, int32(-1))
	}
	_, err := c.ListOffset(guarded(t), "t", 0, Latest, true)
	is.NoErr(err)
}

// A question to a leader that is silent ends when others lead its partitions: with the
// connection there already, and while it is dialled.
func TestListOffsetsLeavesASilentLeaderOnceOthersLead(t *testing.T) {
	patient := config
	patient.RequestTimeout, patient.DialTimeout = time.Hour, time.Hour
	for name, silence := range map[string]func(*testing.T, *kfake.Cluster, *Client){
		"while it is dialled": func(t *testing.T, _ *kfake.Cluster, c *Client) {
			c.mu.Lock()
			c.brokers[0] = frozen(t)
			c.mu.Unlock()
		},
		"while it is asked": func(_ *testing.T, fake *kfake.Cluster, _ *Client) {
			embedded.Ignore(fake, kmsg.ListOffsets.Int16(), 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			fake, c := spread(t, patient)
			silence(t, fake, c)
			is.NoErr(fake.MoveTopicPartition("t", 0, 1))
			_, err := c.ListOffset(guarded(t), "t", 0, Latest, false)
			is.True(err != nil)
			is.True(Retriable(err))
			_, err = c.ListOffset(guarded(t), "t", 0, Latest, false)
			is.NoErr(err)
		})
	}
}
