// Package convert turns messages into records (Records) and records into messages
// (Messages): keys, values, headers, timestamps and topics, both ways side by side.
package convert

import (
	"context"

	sdk "github.com/conduitio/conduit-connector-sdk"

	"github.com/conduitio/conduit-connector-kafka/internal/registry"
)

// Registry is a schema registry to write with. Its errors are those of registry.Client.
type Registry interface {
	Schemas
	Latest(ctx context.Context, subject string) (*registry.Schema, error)
	Register(ctx context.Context, subject string, draft registry.Draft) (id int, err error)
	Lookup(ctx context.Context, subject string, draft registry.Draft) (id, version int, err error)
}

// Config is the settings that say what messages are made of records. Each field has the
// name of its setting.
type Config struct {
	sdk.DestinationWithRecordFormat

	Topic               string
	AllowedTopics       []string
	ProgressTopic       string // as it is, also if the setting is empty; "": there is none
	Partitioner         string // only PartitionerMetadata matters here
	PartitionMetadata   string
	Key                 string
	ValueFormat         string
	ForwardHeaders      bool
	Headers             string
	HeadersFromMetadata []string
	Timestamp           string

	KeyFormat          string
	KeySchema          string
	KeyMessage         string
	ValueSchema        string
	ValueMessage       string
	SchemaSubject      string
	SchemaAutoRegister bool

	Registry   Registry   // nil: there is none
	Translator Translator // nil: the source's registry is not known
}

// Validate reports everything that is wrong at once.
func (c Config) Validate() error {
	_, err := newMessageMaker(c)
	return err
}
