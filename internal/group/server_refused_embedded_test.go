package group

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/matryer/is"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// The patience with a refusal that should pass begins again when the coordinator refuses the
// member again after it was away: what went before says nothing of how long this one lasts.
func TestServerMemberIsPatientAgainAfterTheCoordinatorWasAway(t *testing.T) {
	for _, code := range []*kerr.Error{kerr.UnknownServerError, kerr.UnreleasedInstanceID} {
		t.Run(code.Message, func(t *testing.T) {
			t.Parallel()
			is := is.New(t)
			fake := embedded.Start(t, kfake.SeedTopics(partitions, topic), shortBeats())
			var mu sync.Mutex
			answers := []int16{code.Code, code.Code, kerr.NotCoordinator.Code, code.Code}
			embedded.Answer(fake, kmsg.ConsumerGroupHeartbeat, func(req kmsg.Request) kmsg.Response {
				mu.Lock()
				defer mu.Unlock()
				res := req.ResponseKind().(*kmsg.ConsumerGroupHeartbeatResponse)
				if req.(*kmsg.ConsumerGroupHeartbeatRequest).MemberEpoch < 0 { // it asks for its name
					res.ErrorCode = kerr.UnknownMemberID.Code
					return res
				}
				res.ErrorCode, answers = answers[0], answers[1:]
				return res
			})
			client := cluster.New(fake.ListenAddrs(), wire.Config{DialTimeout: 30 * time.Second, RequestTimeout: 30 * time.Second})
			defer client.Close()
			m := newServerMember(client, Config{GroupID: "g", Protocol: Consumer, Topics: []string{topic}, RebalanceTimeout: time.Minute}, nil)

			is.True(!m.fatal(m.beat(t.Context())))
			long := time.Now().Add(-2 * maxAwait)
			m.refusedAt = long
			is.True(m.fatal(m.beat(t.Context()))) // it lasts
			is.Equal(m.refusedAt, long)
			is.True(!m.fatal(m.beat(t.Context()))) // away
			err := m.beat(t.Context())
			is.True(!m.fatal(err))
		})
	}
}

// An error that lasts is most likely no rebalance: its cause is in the broker's log.
func TestServerMemberSaysWhereToLookForAnUnknownError(t *testing.T) {
	is := is.New(t)
	m := newServerMember(cluster.New(nil, wire.Config{}), Config{GroupID: "g", Protocol: Consumer}, nil)
	err := m.errorf("send heartbeat to", cluster.CodeError(kerr.UnknownServerError.Code))
	is.True(strings.Contains(err.Error(), "also while the first rebalance"))
	is.True(strings.Contains(err.Error(), "see the log of the group's coordinator"))
}
