package kafka

import (
	"fmt"

	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
)

// StartConfig is where a source starts to read a partition.
type StartConfig struct {
	// Where to start in partitions for which the group has no committed offset:
	// at the first record, or only with records that come after the start.
	ReadFromBeginning bool `json:"readFromBeginning"`
	// Where to go on when the offset to go on from is not in the log any more,
	// because records were deleted: earliest, latest, or error.
	AutoOffsetReset string `json:"autoOffsetReset" default:"earliest"`
}

func (c StartConfig) validate() []error {
	_, err := c.resetPolicy()
	return []error{err}
}

func (c StartConfig) resetPolicy() (consumer.ResetPolicy, error) {
	switch c.AutoOffsetReset {
	case "earliest":
		return consumer.ResetEarliest, nil
	case "latest":
		return consumer.ResetLatest, nil
	case "error":
		return consumer.ResetError, nil
	}
	return 0, settingError("autoOffsetReset", fmt.Sprintf("%q is unknown: earliest, latest or error", c.AutoOffsetReset), "")
}
