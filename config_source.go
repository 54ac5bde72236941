package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/conduitio/conduit-commons/lang"
	sdk "github.com/conduitio/conduit-connector-sdk"

	"github.com/conduitio/conduit-connector-kafka/internal/consumer"
	"github.com/conduitio/conduit-connector-kafka/internal/convert"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// SourceConfig is the configuration of the source.
type SourceConfig struct {
	sdk.DefaultSourceMiddleware
	Config
	TopicsConfig
	GroupConfig
	StartConfig
	FetchConfig
	DecodeConfig

	// Commit offsets after this many acknowledged records, but at most once a second, or
	// once every commitOffsetsDelay if that is shorter.
	CommitOffsetsSize int `json:"commitOffsetsSize" default:"1000"`
	// Maximum time until the offset of an acknowledged record is committed. 0s means
	// that only commitOffsetsSize decides.
	CommitOffsetsDelay time.Duration `json:"commitOffsetsDelay" default:"5s"`
	// Whether a record with a null value (a tombstone) is read as a delete of its key.
	// If false, it is read as a create without a payload.
	TombstonesAsDeletes bool `json:"tombstonesAsDeletes"`
	// What records say of themselves in their metadata besides where they lay, separated by
	// commas: timestampType (kafka.timestampType, CreateTime or LogAppendTime), leaderEpoch
	// (kafka.leaderEpoch) and size (kafka.keySize and kafka.valueSize, in bytes).
	Metadata []string `json:"metadata"`
}

// newSourceConfig has the defaults that differ from the SDK's: payloads are raw
// bytes, there is no schema to extract.
func newSourceConfig() SourceConfig {
	return SourceConfig{DefaultSourceMiddleware: sdk.DefaultSourceMiddleware{
		SourceWithSchemaExtraction: sdk.SourceWithSchemaExtraction{
			KeyEnabled:     lang.Ptr(false),
			PayloadEnabled: lang.Ptr(false),
		},
	}}
}

// ParseSource reads and validates all settings of a source as Conduit does.
func ParseSource(settings map[string]string) (SourceConfig, error) {
	c := NewSource().Config().(*SourceConfig)
	err := sdk.Util.ParseConfig(context.Background(), maps.Clone(settings), c, Connector.NewSpecification().SourceParams)
	return *c, err
}

// Validate reports everything that is wrong at once.
func (c *SourceConfig) Validate(ctx context.Context) error {
	_, err := c.resolve()
	_, extrasErr := convert.ParseExtras(c.Metadata)
	return errors.Join(c.Config.Validate(ctx), c.DefaultSourceMiddleware.Validate(ctx), err, c.validateDecoding(), extrasErr)
}

// resolve makes of the settings what a consumer takes, and reports everything that is
// wrong with them at once.
func (c *SourceConfig) resolve() (consumer.Config, error) {
	topics, topicsErr := c.TopicsConfig.resolve()
	group, groupErr := c.GroupConfig.resolve()
	start, startErr := c.StartConfig.resolve(topics)
	fetch, fetchErr := c.FetchConfig.resolve()
	group.Topics, group.Match, group.Pattern = topics.names, topics.match, topics.pattern
	batch := 0
	if c.BatchSize != nil {
		batch = *c.BatchSize
	}
	return consumer.Config{
		Group:          group,
		Fetch:          fetch,
		StartAt:        start.at,
		FromBeginning:  start.fromBeginning,
		Reset:          start.reset,
		CommitSize:     max(c.CommitOffsetsSize, 1),
		CommitInterval: c.CommitOffsetsDelay,
		MaxUncommitted: c.MaxUncommitted,
		BatchSize:      batch,
		Reads:          topics.words,
	}, errors.Join(topicsErr, c.checkCommits(), groupErr, startErr, fetchErr)
}

func (c *SourceConfig) checkCommits() error {
	errs := []error{
		setting.AtLeast("commitOffsetsSize", c.CommitOffsetsSize, 0, "0 or more records", "1000"),
		setting.AtLeast("commitOffsetsDelay", c.CommitOffsetsDelay, 0, "0s or more", "5s"),
	}
	if size := c.BatchSize; size != nil && *size > c.MaxUncommitted {
		errs = append(errs, setting.Invalid("maxUncommitted", fmt.Sprintf("%d is not allowed: at least sdk.batch.size, which is %d", c.MaxUncommitted, *size), ""))
	}
	return errors.Join(errs...)
}
