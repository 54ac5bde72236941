package simulation

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestVerdictOfACode(t *testing.T) {
	none := map[string]string{}
	for _, c := range []struct {
		key      kmsg.Key
		code     *kerr.Error
		settings map[string]string
		want     verdict
	}{
		{kmsg.Fetch, kerr.TopicAuthorizationFailed, none, ends},
		{kmsg.Fetch, kerr.NotLeaderForPartition, none, recovers},
		{kmsg.Fetch, kerr.UnknownServerError, none, recovers},
		{kmsg.Fetch, kerr.OffsetOutOfRange, none, recovers},
		{kmsg.Fetch, kerr.OffsetOutOfRange, map[string]string{"autoOffsetReset": "error"}, mayEnd},
		{kmsg.JoinGroup, kerr.GroupAuthorizationFailed, none, recovers},
		{kmsg.JoinGroup, kerr.GroupAuthorizationFailed, map[string]string{"retryGroupJoinErrors": "false"}, ends},
		{kmsg.Heartbeat, kerr.FencedInstanceID, none, ends},
		{kmsg.Heartbeat, kerr.UnknownMemberID, map[string]string{"retryGroupJoinErrors": "false"}, recovers},
		{kmsg.Produce, kerr.TopicAuthorizationFailed, none, ends},
		{kmsg.Produce, kerr.OutOfOrderSequenceNumber, none, recovers},
		{kmsg.Produce, kerr.NotEnoughReplicas, none, recovers},
		{kmsg.InitProducerID, kerr.ClusterAuthorizationFailed, none, ends},
		{kmsg.ListOffsets, kerr.TopicAuthorizationFailed, none, mayEnd},
	} {
		if got := verdictOf(c.key, c.code.Code, c.settings); got != c.want {
			t.Errorf("%s %s with %v: %d, want %d", c.key.Name(), c.code.Message, c.settings, got, c.want)
		}
	}
}

func TestEndingsAreThoseThatAConnectorCanGet(t *testing.T) {
	is := is.New(t)
	is.Equal(endings(kmsg.JoinGroup, map[string]string{}), []int16{kerr.InvalidSessionTimeout.Code, kerr.FencedInstanceID.Code})
	is.True(len(endings(kmsg.Fetch, map[string]string{})) > 50)
	is.True(slices.Contains(endings(kmsg.Produce, map[string]string{}), kerr.TopicAuthorizationFailed.Code))
}

func TestChargeIsForWhoGoesOnAsking(t *testing.T) {
	for name, c := range map[string]struct {
		does func(*World)
		want string
	}{
		"for too long": {func(w *World) {
			for range 15 {
				w.charge("sourceA1 Fetch [29]")
				time.Sleep(time.Second)
			}
		}, "sourceA1 Fetch [29] goes on"},
		"twice, at different times": {func(w *World) {
			w.charge("sourceA1 Fetch [29]")
			time.Sleep(time.Minute)
			w.charge("sourceA1 Fetch [29]")
		}, ""},
		"with records refused for it": {func(w *World) {
			for range 15 {
				w.charge("destinationA1 Produce [29]")
				w.acquit("destinationA1", "write: [29] Topic Authorization Failed: not yours")
				time.Sleep(time.Second)
			}
		}, ""},
		"with records refused for something else": {func(w *World) {
			for range 15 {
				w.charge("destinationA1 Produce [29]")
				w.acquit("destinationA1", "write: [7] Request Timed Out")
				w.acquit("destinationA11", "write: [29] Topic Authorization Failed: not yours")
				time.Sleep(time.Second)
			}
		}, "destinationA1 Produce [29] goes on"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &World{book: newBook(), begun: time.Now(), charges: make(map[string]*charge)}
				c.does(w)
				found := strings.Join(w.book.found(), "\n")
				if c.want == "" && found != "" || !strings.Contains(found, c.want) {
					t.Errorf("found %q, want %q", found, c.want)
				}
			})
		})
	}
}
