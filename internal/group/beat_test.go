package group

import (
	"errors"
	"testing"

	"github.com/matryer/is"
	kafkago "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestReadsTheErrorOfAHeartbeatInEachVersion(t *testing.T) {
	for version := range int16(5) {
		is := is.New(t)
		res := kmsg.NewPtrHeartbeatResponse()
		res.Version = version
		res.ThrottleMillis = 77
		res.ErrorCode = kerr.RebalanceInProgress.Code
		frame := make([]byte, 8)
		if res.IsFlexible() {
			frame = append(frame, 0)
		}
		is.True(errors.Is(heartbeatError(res.AppendTo(frame), version), kafkago.RebalanceInProgress))
		res.ErrorCode = 0
		is.NoErr(heartbeatError(res.AppendTo(frame), version))
	}
}
