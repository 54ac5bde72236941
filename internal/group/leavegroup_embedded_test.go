package group

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/conduitio/conduit-connector-kafka/test/embedded"
)

// Leaving is a courtesy: it is tried once, and an error is no more than a warning.
func TestLeavesWithEachErrorCode(t *testing.T) {
	fake := embedded.Start(t, kfake.SeedTopics(partitions, topic))
	refuse := embedded.Refuse(fake, kmsg.LeaveGroup, groupOf)
	eachCode(t, func(code int16, group string, _ bool) error {
		m := startMember(fake, group, nil)
		if err := m.untilItHolds(partitions); err != nil {
			return err
		}
		refuse.Next(group, code, 1)
		if err := m.close(); err != nil {
			return err
		}
		if len(m.warned) != 1 || !errors.Is(m.warned[0], kafkago.Error(code)) || !strings.Contains(m.warned[0].Error(), group) {
			return fmt.Errorf("warned %v", m.warned)
		}
		return nil
	})
}
