package cluster

import (
	"fmt"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// ConsumerGroupHeartbeat is the kind of request by which a member takes part in a group
// whose coordinator assigns (KIP-848).
const ConsumerGroupHeartbeat protocol.ApiKey = 68

// Error codes that came after kafka-go's table of them, of the group protocol KIP-848.
const (
	FencedMemberEpoch        kafkago.Error = 110
	UnreleasedInstanceID     kafkago.Error = 111
	UnsupportedAssignor      kafkago.Error = 112
	StaleMemberEpoch         kafkago.Error = 113
	InvalidRegularExpression kafkago.Error = 128
)

// laterCodes says what they mean.
var laterCodes = map[kafkago.Error]string{
	FencedMemberEpoch:        "Fenced Member Epoch: the coordinator has given this member up, or knows it at another epoch",
	UnreleasedInstanceID:     "Unreleased Instance ID: another member of the group has the instance ID",
	UnsupportedAssignor:      "Unsupported Assignor: the coordinator does not have the assignor",
	StaleMemberEpoch:         "Stale Member Epoch: the member has another epoch by now",
	InvalidRegularExpression: "Invalid Regular Expression: the coordinator can't read the pattern",
}

// CodeError turns an error code of the protocol into an error, 0 into nil.
func CodeError(code int16) error {
	switch err := kafkago.Error(code); {
	case code == 0:
		return nil
	case err.Title() == "":
		return &unknownCodeError{err}
	default:
		return err
	}
}

// AnswerError is CodeError with what the broker says about the code.
func AnswerError(code int16, message string) error {
	err := CodeError(code)
	if err == nil || message == "" {
		return err
	}
	return fmt.Errorf("%w (%s)", err, printable.Text(message))
}

// unknownCodeError is a code that came after kafka-go's table of errors.
type unknownCodeError struct{ code kafkago.Error }

func (e *unknownCodeError) Error() string {
	if title, ok := laterCodes[e.code]; ok {
		return fmt.Sprintf("[%d] %s", int(e.code), title)
	}
	return fmt.Sprintf("[%d] an error code that is not known here: see Kafka's table of them", int(e.code))
}

func (e *unknownCodeError) Unwrap() error { return e.code }
