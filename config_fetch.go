package kafka

import (
	"errors"
	"fmt"
	"time"

	"github.com/conduitio/conduit-connector-kafka/internal/fetch"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// FetchConfig is how a source reads from the brokers, and how much it may hold.
type FetchConfig struct {
	// Which records to read: read_committed leaves out records of open and aborted
	// transactions, read_uncommitted reads all.
	IsolationLevel string `json:"isolationLevel" default:"read_committed"`
	// Rack of this source, as broker.rack names the brokers'. Records are read from a
	// replica in the same rack if the brokers choose so (replica.selector.class).
	RackID string `json:"rackID"`
	// Minimum bytes of records that a broker collects before it answers a fetch. It
	// waits for them no longer than fetchMaxWait.
	FetchMinBytes int `json:"fetchMinBytes" default:"1"`
	// Maximum size of an answer to a fetch, in bytes. A single larger record batch is
	// read all the same.
	FetchMaxBytes int `json:"fetchMaxBytes" default:"16777216"`
	// Maximum size of one partition's share of an answer, in bytes. A single larger
	// record batch is read all the same.
	FetchMaxPartitionBytes int `json:"fetchMaxPartitionBytes" default:"1048576"`
	// Maximum time that a broker waits for fetchMinBytes before it answers a fetch.
	FetchMaxWait time.Duration `json:"fetchMaxWait" default:"500ms"`
	// Maximum number of unacknowledged records. Reading pauses at this limit. Conduit may
	// acknowledge only once a second: the limit should be more than it takes in that time.
	// The source keeps no contents of these records but runs of their offsets. Reading
	// pauses as well where these take 64 MiB, which is at 1.6 million gaps between offsets.
	MaxUncommitted int `json:"maxUncommitted" default:"3000000"`
}

// Limits of the settings above.
const (
	maxFetchBytes = 512 << 20       // half of the largest answer that a connection takes
	maxFetchWait  = 1 * time.Minute // a partition that is added waits for a fetch to end
)

// fetchMaxBuffered bounds the records that are decoded and wait for Conduit.
const fetchMaxBuffered = 4 << 20

func (c *FetchConfig) resolve() (fetch.Config, error) {
	committed, isolationErr := c.readCommitted()
	errs := []error{
		isolationErr,
		setting.Text("rackID", c.RackID, "eu-west-1a"),
		setting.Within("fetchMaxBytes", c.FetchMaxBytes, 1, maxFetchBytes, " bytes", "16777216"),
		setting.Within("fetchMinBytes", c.FetchMinBytes, 1, maxFetchBytes, " bytes", "1"),
		setting.Within("fetchMaxPartitionBytes", c.FetchMaxPartitionBytes, 1, maxFetchBytes, " bytes", "1048576"),
		setting.Within("fetchMaxWait", c.FetchMaxWait, time.Millisecond, maxFetchWait, "", "500ms"),
		setting.AtLeast("maxUncommitted", c.MaxUncommitted, 1, "1 or more records", "3000000"),
	}
	if c.FetchMinBytes > c.FetchMaxBytes {
		errs = append(errs, setting.Invalid("fetchMinBytes", fmt.Sprintf("%d is not allowed: up to fetchMaxBytes, which is %d", c.FetchMinBytes, c.FetchMaxBytes), ""))
	}
	return fetch.Config{
		ReadCommitted:     committed,
		Rack:              c.RackID,
		MinBytes:          int32(c.FetchMinBytes),
		MaxWait:           c.FetchMaxWait,
		MaxBytes:          int32(c.FetchMaxBytes),
		MaxPartitionBytes: int32(c.FetchMaxPartitionBytes),
		MaxBuffered:       fetchMaxBuffered,
	}, errors.Join(errs...)
}

func (c *FetchConfig) readCommitted() (bool, error) {
	switch c.IsolationLevel {
	case "read_committed":
		return true, nil
	case "read_uncommitted":
		return false, nil
	}
	return false, setting.Invalid("isolationLevel", fmt.Sprintf("%q is unknown: read_committed or read_uncommitted", c.IsolationLevel), "")
}
