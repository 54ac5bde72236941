package group

import (
	"errors"
	"strings"
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Metadata that is too long is sent again as it is unless the caller hears of it.
func TestCommitTellsOfMetadataThatIsTooLongRatherThanOfADeniedTopic(t *testing.T) {
	is := is.New(t)
	s := newSession(cluster.New(nil, wire.Config{}), Config{GroupID: "g"})
	offsets := Offsets{"denied": {0: {At: 1}}, "long": {0: {At: 2}, 1: {At: 3}}, "taken": {0: {At: 4}}}
	denied, long := int16(kafkago.TopicAuthorizationFailed), int16(kafkago.OffsetMetadataTooLarge)
	for _, answers := range [][]commitAnswer{
		{{"denied", 0, denied}, {"long", 0, long}, {"long", 1, long}, {"taken", 0, 0}},
		{{"long", 0, long}, {"denied", 0, denied}, {"long", 1, long}, {"taken", 0, 0}},
	} {
		taken, err := s.taken(offsets, answers)
		is.True(errors.Is(err, kafkago.OffsetMetadataTooLarge))
		is.True(strings.Contains(err.Error(), "long/0")) // the first of them
		is.Equal(taken, Offsets{"taken": {0: {At: 4}}})
	}
}

// Who only asks for offsets, or leaves, wants to hear of nothing.
func TestMemberNeedsNoWarnAndNoInfo(t *testing.T) {
	NewMember(nil, Config{}, nil).cfg.Warn("trouble", errors.New("any"))
	NewMember(nil, Config{}, nil).cfg.Info("news")
	NewMember(cluster.New(nil, wire.Config{}), Config{}, nil).recover(kafkago.NotCoordinatorForGroup)
}
