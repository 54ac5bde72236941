// Package convert turns messages into records (Records) and records into messages
// (Messages): keys, values, headers, timestamps and topics, both ways side by side.
package convert

import sdk "github.com/conduitio/conduit-connector-sdk"

// Config is the settings that say what messages are made of records. Each field has the
// name of its setting.
type Config struct {
	sdk.DestinationWithRecordFormat

	Topic             string
	AllowedTopics     []string
	Partitioner       string // only PartitionerMetadata matters here
	PartitionMetadata string
	Key               string
	ValueFormat       string
	ForwardHeaders    bool
	Headers           string
	Timestamp         string
}

// Validate reports everything that is wrong at once.
func (c Config) Validate() error {
	_, err := newMessageMaker(c)
	return err
}
