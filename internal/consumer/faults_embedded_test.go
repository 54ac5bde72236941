package consumer

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// When a request of a consumer is met by a fault: before it holds its partitions,
// while it reads, or at its end.
type when int

const (
	starting when = iota
	reading
	ending
)

var moments = map[kmsg.Key]when{
	kmsg.ApiVersions: starting, kmsg.Metadata: starting, kmsg.FindCoordinator: starting, kmsg.JoinGroup: starting,
	kmsg.SyncGroup: starting, kmsg.OffsetFetch: starting, kmsg.ListOffsets: starting,
	kmsg.Heartbeat: reading, kmsg.OffsetCommit: reading, kmsg.Fetch: reading,
	kmsg.LeaveGroup: ending,
}

// through reads, acknowledges and commits while a fault happens, and checks each
// record: once, in order, and committed in the end.
func through(t *testing.T, at when, fault func(w *world), over func() bool, opts ...kfake.Opt) {
	w := newWorld(t, opts...)
	w.produce(30)
	if at == starting {
		fault(w)
	}
	c := w.open(func(c *Config) {
		if at == starting { // a member whose joining was not answered is soon forgotten
			c.Group.SessionTimeout, c.Group.RebalanceTimeout = time.Second, time.Second
		}
	})
	got := w.next(c, 30)
	ack(c, got...)
	if at == reading {
		fault(w)
	}
	for !over() && at == reading || len(got) < 90 {
		w.produce(30)
		more := w.next(c, 30)
		ack(c, more...)
		got = append(got, more...)
		w.NoErr(w.ctx.Err())
	}
	if at == ending {
		fault(w)
	}
	w.NoErr(c.Close(w.ctx))
	w.True(over())
	for p := range partitions {
		var of []int
		for _, i := range got {
			if i%partitions == p {
				of = append(of, i)
			}
		}
		w.True(slices.IsSorted(of))
		w.Equal(len(of), w.sent/partitions)
	}
	end := int64(w.sent / partitions)
	w.committed(map[int32]int64{0: end, 1: end, 2: end})
}

func TestReadsOnceThoughAnswersAreLostOrBroken(t *testing.T) {
	for key, at := range moments {
		for _, spoil := range embedded.Spoils() {
			t.Run(fmt.Sprint(key.Name(), "/", spoil.Name), func(t *testing.T) {
				t.Parallel()
				spoiler := new(embedded.Spoiler)
				through(t, at,
					func(*world) { spoiler.Next(key, spoil, 2) },
					func() bool { return spoiler.Left() < 2 }, spoiler.Option())
			})
		}
	}
}

// The codes that mean something to a consumer besides "try again".
func TestReadsOnceThroughErrorCodes(t *testing.T) {
	for _, c := range []struct {
		key   kmsg.Key
		codes []*kerr.Error
	}{
		{kmsg.FindCoordinator, []*kerr.Error{kerr.CoordinatorNotAvailable, kerr.CoordinatorLoadInProgress}},
		{kmsg.JoinGroup, []*kerr.Error{kerr.NotCoordinator, kerr.CoordinatorLoadInProgress, kerr.UnknownMemberID, kerr.RebalanceInProgress, kerr.GroupMaxSizeReached}},
		{kmsg.SyncGroup, []*kerr.Error{kerr.NotCoordinator, kerr.RebalanceInProgress, kerr.IllegalGeneration}},
		{kmsg.Heartbeat, []*kerr.Error{kerr.NotCoordinator, kerr.CoordinatorNotAvailable, kerr.RebalanceInProgress}},
		{kmsg.OffsetCommit, []*kerr.Error{kerr.NotCoordinator, kerr.CoordinatorLoadInProgress, kerr.RequestTimedOut, kerr.RebalanceInProgress, kerr.IllegalGeneration, kerr.UnknownMemberID, kerr.FencedInstanceID, kerr.GroupAuthorizationFailed, kerr.UnknownTopicOrPartition}},
		{kmsg.OffsetFetch, []*kerr.Error{kerr.NotCoordinator, kerr.CoordinatorLoadInProgress, kerr.UnstableOffsetCommit}},
		{kmsg.ListOffsets, []*kerr.Error{kerr.NotLeaderForPartition, kerr.UnknownLeaderEpoch, kerr.FencedLeaderEpoch, kerr.OffsetNotAvailable, kerr.UnknownServerError}},
		{kmsg.Metadata, []*kerr.Error{kerr.LeaderNotAvailable, kerr.UnknownTopicOrPartition, kerr.UnknownServerError}},
		{kmsg.Fetch, []*kerr.Error{kerr.NotLeaderForPartition, kerr.UnknownLeaderEpoch, kerr.FencedLeaderEpoch, kerr.KafkaStorageError, kerr.UnknownServerError}},
	} {
		for _, code := range c.codes {
			t.Run(fmt.Sprint(c.key.Name(), "/", code.Message), func(t *testing.T) {
				t.Parallel()
				var refuse *embedded.Refusals
				through(t, moments[c.key],
					func(w *world) {
						refuse = embedded.Refuse(w.fake, c.key, func(kmsg.Request) string { return "" })
						refuse.Next("", code.Code, 2)
					},
					func() bool { return refuse.Left("") == 0 })
			})
		}
	}
}

// A leader that is asked whether its log is what was read, or where to go on, fails once
// without a reason.
func TestConsumerAsksALeaderAgainAfterAnUnknownError(t *testing.T) {
	for _, key := range []kmsg.Key{kmsg.OffsetForLeaderEpoch, kmsg.ListOffsets} {
		t.Run(key.Name(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.produce(15)
			c := w.open(nil)
			ack(c, w.next(c, 15)...)
			w.committed(map[int32]int64{0: 5, 1: 5, 2: 5})
			w.NoErr(c.Close(w.ctx))
			w.produce(3)
			if key == kmsg.ListOffsets {
				w.cutOff(1, 3)
			}
			refuse := embedded.Refuse(w.fake, key, func(kmsg.Request) string { return "" })
			refuse.Next("", kerr.UnknownServerError.Code, 1)
			c = w.open(nil)
			defer c.Close(w.ctx)
			w.until(c, []int{15, 16, 17})
			w.Equal(refuse.Left(""), 0)
		})
	}
}
