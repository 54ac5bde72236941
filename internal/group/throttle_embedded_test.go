package group

import (
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// A broker does not read from a connection while it throttles the client: a request that is
// sent meanwhile would wait there, and run into its timeout.
func TestHeartbeatsOfEachProtocolKeepThePausesOfQuotas(t *testing.T) {
	const pause = 400 * time.Millisecond // longer than the interval between heartbeats
	for name, test := range map[string]struct {
		key    kmsg.Key
		change func(*Config)
		answer func(kmsg.Request) kmsg.Response // throttled
	}{
		"classic": {kmsg.Heartbeat, nil, func(req kmsg.Request) kmsg.Response {
			res := req.ResponseKind().(*kmsg.HeartbeatResponse)
			res.ThrottleMillis = int32(pause.Milliseconds())
			return res
		}},
		"consumer": {kmsg.ConsumerGroupHeartbeat, byServer, func(req kmsg.Request) kmsg.Response {
			beat := req.(*kmsg.ConsumerGroupHeartbeatRequest)
			if beat.MemberEpoch <= 0 {
				return nil
			}
			res := req.ResponseKind().(*kmsg.ConsumerGroupHeartbeatResponse)
			res.MemberID, res.MemberEpoch, res.HeartbeatIntervalMillis = &beat.MemberID, beat.MemberEpoch, 100
			res.ThrottleMillis = int32(pause.Milliseconds())
			return res
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			fake := embedded.Start(t, kfake.SeedTopics(partitions, topic), shortBeats())
			m := startMember(fake, "g", test.change)
			is.NoErr(m.untilItHolds(partitions))
			var mu sync.Mutex
			var times []time.Time
			embedded.Answer(fake, test.key, func(req kmsg.Request) kmsg.Response {
				res := test.answer(req)
				mu.Lock()
				defer mu.Unlock()
				if res != nil {
					times = append(times, time.Now())
				}
				return res
			})
			is.NoErr(m.until("three heartbeats have come", func() bool {
				mu.Lock()
				defer mu.Unlock()
				return len(times) >= 3
			}))
			is.NoErr(m.close())
			for i := range times[1:] {
				is.True(times[i+1].Sub(times[i]) > pause*3/4) // not before
			}
		})
	}
}
