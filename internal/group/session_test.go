package group

import (
	"errors"
	"testing"

	kafkago "github.com/segmentio/kafka-go"

	"github.com/conduitio/conduit-connector-kafka/internal/cluster"
	"github.com/conduitio/conduit-connector-kafka/internal/wire"
)

// Who only asks for offsets, or leaves, wants to hear of nothing.
func TestMemberNeedsNoWarnAndNoInfo(t *testing.T) {
	NewMember(nil, Config{}, nil).cfg.Warn("trouble", errors.New("any"))
	NewMember(nil, Config{}, nil).cfg.Info("news")
	NewMember(cluster.New(nil, wire.Config{}), Config{}, nil).recover(kafkago.NotCoordinatorForGroup)
}
