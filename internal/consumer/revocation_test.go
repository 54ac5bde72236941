package consumer

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"

	"github.com/conduitio/conduit-connector-kafka/internal/group"
	"github.com/conduitio/conduit-connector-kafka/internal/offsets"
)

// A revocation waits for acks as long as some come, and not for a destination that is
// busy with something else. Two records are revoked, and one of another partition is not.
func TestRevocationWaitsForAcks(t *testing.T) {
	const revoked, kept = "revoked", "kept"
	at := func(d time.Duration, topic string, offset int64) func(*offsets.Tracker) {
		return func(tr *offsets.Tracker) {
			time.Sleep(d)
			tr.Ack(offsets.Record{Topic: topic, Offset: offset, LeaderEpoch: -1})
		}
	}
	for name, test := range map[string]struct {
		acks  []func(*offsets.Tracker) // each some time after the one before
		limit time.Duration            // for all that the revocation does; 0: none
		want  time.Duration
	}{
		"none is missing":              {[]func(*offsets.Tracker){at(0, revoked, 0), at(0, revoked, 1)}, 0, 0},
		"all come at once":             {[]func(*offsets.Tracker){at(time.Second, revoked, 0), at(0, revoked, 1)}, 0, time.Second},
		"none comes":                   {nil, 0, ackSilence},
		"some come, and then the rest": {[]func(*offsets.Tracker){at(time.Second, revoked, 0), at(800*time.Millisecond, revoked, 1)}, 0, 1800 * time.Millisecond},
		"those of others come":         {[]func(*offsets.Tracker){at(time.Second, kept, 0), at(900*time.Millisecond, revoked, 0)}, 0, ackGrace},
		"one comes, and no more":       {[]func(*offsets.Tracker){at(time.Second, revoked, 0)}, 0, ackGrace},
		"the session is short":         {nil, time.Second, 500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				is := is.New(t)
				c := &Consumer{tracker: offsets.NewTracker()}
				for topic, n := range map[string]int64{revoked: 2, kept: 1} {
					a := c.tracker.Add(offsets.Start{Topic: topic, LeaderEpoch: -1})
					is.True(c.tracker.Deliver(offsets.Run{Topic: topic, Assignment: a, Next: n, LeaderEpoch: -1}, func(yield func(int64) bool) {
						for o := range n {
							yield(o)
						}
					}))
				}
				go func() {
					for _, ack := range test.acks {
						ack(c.tracker)
					}
				}()
				synctest.Wait() // for what is acknowledged at once
				ctx := t.Context()
				if test.limit > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.limit)
					defer cancel()
				}
				begun := time.Now()
				c.awaitAcks(ctx, group.Partitions{revoked: {0}})
				is.Equal(time.Since(begun), test.want)
			})
		})
	}
}
