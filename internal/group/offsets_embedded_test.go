package group

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

func offsetsOf(at int64) Offsets {
	o := Offsets{}
	for id := range int32(partitions) {
		o.Set(topic, id, Offset{At: at, LeaderEpoch: -1, Metadata: "note"})
	}
	return o
}

// A commit is tried once: its caller knows for how long it is worth more. The
// error names partition, group and code, and the next one succeeds.
func TestCommitsThroughEachErrorCode(t *testing.T) {
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	refuse := embedded.Refuse(fake, kmsg.OffsetCommit, groupOf)
	eachCode(t, func(code int16, group string, _ bool) error {
		m := startMember(fake, group, nil)
		if err := m.untilItHolds(partitions); err != nil {
			return err
		}
		refuse.Next(group, code, 1)
		taken, err := m.Commit(m.ctx, m.Generation(), offsetsOf(5))
		if len(taken) > 0 || !errors.Is(err, kafkago.Error(code)) || !strings.Contains(err.Error(), group) || !strings.Contains(err.Error(), "t/") {
			return fmt.Errorf("took %v: %w", taken, err)
		}
		taken, err = m.Commit(m.ctx, m.Generation(), offsetsOf(5))
		if err != nil || taken.partitions().Len() != partitions {
			return fmt.Errorf("then took %v: %w", taken, err)
		}
		return m.close()
	})
}

func TestFetchesOffsetsThroughEachErrorCode(t *testing.T) {
	t.Parallel()
	// Brokers put the code of the group in front, that of a partition to it.
	for name, refusal := range map[string]func(kmsg.Request, int16) kmsg.Response{
		"of partitions": embedded.Refusal,
		"of the group": func(req kmsg.Request, code int16) kmsg.Response {
			res := req.ResponseKind().(*kmsg.OffsetFetchResponse)
			res.ErrorCode = code
			return res
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := is.New(t)
			fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
			m := startMember(fake, "g", nil)
			is.NoErr(m.untilItHolds(partitions))
			_, err := m.Commit(m.ctx, m.Generation(), offsetsOf(5))
			is.NoErr(err)
			left, code := 0, int16(0)
			embedded.Answer(fake, kmsg.OffsetFetch, func(req kmsg.Request) kmsg.Response {
				if left == 0 {
					return nil
				}
				left--
				return refusal(req, code)
			})
			for _, code = range embedded.Codes() {
				left = 2
				offsets, err := m.Committed(m.ctx, offsetsOf(0).partitions())
				if cluster.Retriable(cluster.CodeError(code)) {
					is.NoErr(err)
					is.Equal(offsets[topic][2].At, int64(5))
					is.Equal(left, 0)
					continue
				}
				is.True(errors.Is(err, kafkago.Error(code)))
				is.True(strings.Contains(err.Error(), `group "g"`))
				is.Equal(left, 1) // at once
			}
			is.NoErr(m.close())
		})
	}
}

func TestTakesTheOffsetsThatAreCommittedBesideOneThatIsNot(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	m := startMember(fake, "g", nil)
	is.NoErr(m.untilItHolds(partitions))
	fake.ControlKey(int16(kmsg.OffsetCommit), func(req kmsg.Request) (kmsg.Response, error, bool) {
		res := embedded.Refusal(req, 0).(*kmsg.OffsetCommitResponse)
		res.Topics[0].Partitions[1].ErrorCode = kerr.TopicAuthorizationFailed.Code
		return res, nil, true
	})
	taken, err := m.Commit(m.ctx, m.Generation(), offsetsOf(5))
	is.True(errors.Is(err, kafkago.TopicAuthorizationFailed))
	is.Equal(taken.partitions().Len(), 2)
	is.NoErr(m.close())
}

// A coordinator that says nothing of a partition has neither committed its offset,
// nor does that mean that none is committed: reading would start elsewhere.
func TestSilenceAboutAPartitionIsAnError(t *testing.T) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	warned := make(chan error, 10)
	m := startMember(fake, "g", func(c *Config) { c.Warn = func(_ string, err error) { warned <- err } })
	is.NoErr(m.untilItHolds(partitions))

	fake.ControlKey(int16(kmsg.OffsetCommit), func(req kmsg.Request) (kmsg.Response, error, bool) {
		res := embedded.Refusal(req, 0).(*kmsg.OffsetCommitResponse)
		res.Topics[0].Partitions = res.Topics[0].Partitions[1:]
		return res, nil, true
	})
	taken, err := m.Commit(m.ctx, m.Generation(), offsetsOf(5))
	is.True(err != nil && cluster.Retriable(err))
	is.Equal(taken.partitions().Len(), 2)

	embedded.Answer(fake, kmsg.OffsetFetch, func(req kmsg.Request) kmsg.Response {
		res := embedded.Refusal(req, 0).(*kmsg.OffsetFetchResponse)
		res.Topics[0].Partitions = res.Topics[0].Partitions[1:]
		return res
	})
	ctx, cancel := context.WithCancel(m.ctx)
	ended := make(chan error)
	go func() {
		_, err := m.Committed(ctx, offsetsOf(0).partitions())
		ended <- err
	}()
	is.True(strings.Contains((<-warned).Error(), "t/0")) // and it is tried again
	cancel()
	is.True(<-ended != nil)
	is.NoErr(m.close())
}

// While members have joined and not all are synchronised, the coordinator takes no
// commit. A member that is stopped then waits for the end of it, for four seconds at
// most.
func TestCommitsThoughItIsStoppedInTheMiddleOfARebalance(t *testing.T) {
	for _, took := range []time.Duration{300 * time.Millisecond, 2 * time.Second} {
		t.Run(took.String(), func(t *testing.T) {
			t.Parallel()
			testCommitsThoughStopped(t, took)
		})
	}
}

func testCommitsThoughStopped(t *testing.T, took time.Duration) {
	is := is.New(t)
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	refuse := embedded.Refuse(fake, kmsg.Heartbeat, groupOf)
	m := startMember(fake, "g", nil)
	is.NoErr(m.untilItHolds(partitions))

	over := make(chan struct{})
	var err error
	m.mu.Lock()
	m.revoked = func() {
		_, err = m.Commit(m.ctx, m.Generation(), offsetsOf(5))
		close(over)
	}
	m.mu.Unlock()
	fake.ControlKey(int16(kmsg.SyncGroup), func(kmsg.Request) (kmsg.Response, error, bool) {
		fake.DropControl()
		m.stop()
		fake.SleepControl(func() {
			select {
			case <-over:
			case <-time.After(took):
			}
		})
		return nil, nil, false
	})
	refuse.Next("g", kerr.RebalanceInProgress.Code, 1)
	is.NoErr(m.ended())
	is.NoErr(err)
}

// Before version 5 the answer has no leader epoch. Epoch 0 would be checked, and all
// that came under a later one read again.
func TestCommittedOffsetsOfAnOldBrokerHaveNoLeaderEpoch(t *testing.T) {
	for version, want := range map[int16]int32{4: -1, 5: 7} {
		is := is.New(t)
		v := kversion.Stable()
		v.SetMaxKeyVersion(int16(kmsg.OffsetFetch), version)
		fake := embedded.Start(t, kfake.SeedTopics(partitions, topic), kfake.MaxVersions(v))
		m := startMember(fake, "g", nil)
		is.NoErr(m.untilItHolds(partitions))
		offsets := Offsets{}
		offsets.Set(topic, 1, Offset{At: 5, LeaderEpoch: 7, Metadata: "note"})
		_, err := m.Commit(m.ctx, m.Generation(), offsets)
		is.NoErr(err)
		got, err := m.Committed(m.ctx, offsets.partitions())
		is.NoErr(err)
		is.Equal(got[topic][1], Offset{At: 5, LeaderEpoch: want, Metadata: "note"})
		is.NoErr(m.close())
	}
}
