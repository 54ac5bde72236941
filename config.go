package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/conduitio/conduit-commons/config"
	"github.com/conduitio/conduit-commons/lang"
	sdk "github.com/conduitio/conduit-connector-sdk"
)

// Config is what the source and the destination have in common: how to reach
// the cluster, and with which credentials.
type Config struct {
	// Bootstrap servers as host:port, separated by commas. Any of them leads to
	// the whole cluster; name several in case one is down. Required.
	Servers []string `json:"servers"`
	// Name of this client in the brokers' logs, metrics and quotas.
	ClientID string `json:"clientID" default:"conduit-connector-kafka"`

	TLSConfig
	SASLConfig
}

// SourceConfig is the configuration of the source.
type SourceConfig struct {
	sdk.DefaultSourceMiddleware
	Config

	// Topics to read, separated by commas. Required.
	Topics []string `json:"topics"`
	// Alias of topics, for pipelines that read one topic.
	Topic []string `json:"topic"`
	// Consumer group to join. Left empty, an ID is generated at the first start
	// and kept in the position of the records.
	GroupID string `json:"groupID"`
	// Where to start in partitions for which the group has no committed offset:
	// at the first record, or only with records that come after the start.
	ReadFromBeginning bool `json:"readFromBeginning"`
	// Whether to try again when the group coordinator refuses this member, for
	// instance for lack of permission. If false, the source fails.
	RetryGroupJoinErrors bool `json:"retryGroupJoinErrors" default:"true"`
	// Offsets are committed as soon as so many records were acknowledged since
	// the last commit.
	CommitOffsetsSize int `json:"commitOffsetsSize" default:"1000"`
	// Offsets are committed at the latest after this time.
	CommitOffsetsDelay time.Duration `json:"commitOffsetsDelay" default:"5s"`
}

// DestinationConfig is the configuration of the destination.
type DestinationConfig struct {
	sdk.DefaultDestinationMiddleware
	Config

	// Topic to write to: a name, or a [Go template](https://pkg.go.dev/text/template)
	// that makes the name from each record.
	Topic string `json:"topic" default:"{{ index .Metadata \"opencdc.collection\" }}"`
	// When a record counts as written: all (or -1) waits for all replicas in
	// sync, one (or 1) for the leader, none (or 0) for nobody.
	Acks string `json:"acks" default:"all"`
	// Time for a batch to be written, retries included; nothing is written after
	// it. 0s means no limit.
	DeliveryTimeout time.Duration `json:"deliveryTimeout" default:"10s"`
	// Compression of record batches: none, gzip, snappy, lz4 or zstd.
	Compression string `json:"compression" default:"snappy"`
	// Largest record batch in bytes, before compression. Larger batches are
	// split; a single record above it is an error. Keep it at or below the
	// topic's max.message.bytes.
	BatchBytes int `json:"batchBytes" default:"1000012"`
}

// Parse reads the settings that the source and the destination share out of a
// connector's settings, as Conduit gives them, and validates them. Settings of
// either side are ignored.
func Parse(settings map[string]string) (Config, error) {
	var c Config
	params := Connector.NewSpecification().SourceParams
	if err := config.Config(maps.Clone(settings)).Sanitize().ApplyDefaults(params).DecodeInto(&c); err != nil {
		return c, fmt.Errorf("parse settings: %w", err)
	}
	return c, c.Validate(context.Background())
}

// ParseSource reads and validates all settings of a source as Conduit does.
func ParseSource(settings map[string]string) (SourceConfig, error) {
	c := NewSource().Config().(*SourceConfig)
	err := sdk.Util.ParseConfig(context.Background(), maps.Clone(settings), c, Connector.NewSpecification().SourceParams)
	return *c, err
}

// ParseDestination reads and validates all settings of a destination as Conduit
// does.
func ParseDestination(settings map[string]string) (DestinationConfig, error) {
	c := NewDestination().Config().(*DestinationConfig)
	err := sdk.Util.ParseConfig(context.Background(), maps.Clone(settings), c, Connector.NewSpecification().DestinationParams)
	return *c, err
}

// Validate reports everything that is wrong at once, each with the name of its
// setting and what is allowed.
func (c Config) Validate(context.Context) error {
	errs := []error{c.validateServers()}
	_, err := c.TLSConfig.build()
	errs = append(errs, err)
	_, err = c.SASLConfig.build()
	return errors.Join(append(errs, err)...)
}

func (c Config) validateServers() error {
	if len(c.servers()) == 0 {
		return settingError("servers", "at least one bootstrap server is required, as host:port", "localhost:9092")
	}
	var errs []error
	for _, s := range c.servers() {
		host, port, err := net.SplitHostPort(s)
		n, perr := strconv.Atoi(port)
		if err != nil || host == "" || perr != nil || n < 1 || n > 65535 {
			errs = append(errs, settingError("servers", fmt.Sprintf("%q is not host:port with a port of 1 to 65535", s), "localhost:9092"))
		}
	}
	return errors.Join(errs...)
}

// servers is the bootstrap list without blanks.
func (c Config) servers() []string { return trimmed(c.Servers) }

// Validate reports everything that is wrong at once.
func (c *SourceConfig) Validate(ctx context.Context) error {
	errs := []error{c.Config.Validate(ctx), c.DefaultSourceMiddleware.Validate(ctx)}
	switch {
	case len(trimmed(c.Topics)) > 0 && len(trimmed(c.Topic)) > 0:
		errs = append(errs, settingError("topic", "it is an alias of topics: give one of the two", ""))
	case len(c.topics()) == 0:
		errs = append(errs, settingError("topics", "at least one topic is required", "orders,payments"))
	}
	for _, t := range trimmed(c.Topics) {
		errs = append(errs, validateTopic("topics", t))
	}
	for _, t := range trimmed(c.Topic) {
		errs = append(errs, validateTopic("topic", t))
	}
	if c.CommitOffsetsSize < 0 {
		errs = append(errs, settingError("commitOffsetsSize", fmt.Sprintf("%d is not allowed: 0 or more records", c.CommitOffsetsSize), "1000"))
	}
	if c.CommitOffsetsDelay < 0 {
		errs = append(errs, settingError("commitOffsetsDelay", fmt.Sprintf("%s is not allowed: it can't be negative", c.CommitOffsetsDelay), "5s"))
	}
	return errors.Join(errs...)
}

// topics lists the topics to read, each once.
func (c *SourceConfig) topics() []string {
	t := append(trimmed(c.Topics), trimmed(c.Topic)...)
	slices.Sort(t)
	return slices.Compact(t)
}

// Validate reports everything that is wrong at once.
func (c *DestinationConfig) Validate(ctx context.Context) error {
	_, topicErr := newTopicFunc(c.Topic)
	_, acksErr := parseAcks(c.Acks)
	_, codecErr := parseCodec(c.Compression)
	_, formatErr := newValueFunc(c.DestinationWithRecordFormat)
	errs := []error{c.Config.Validate(ctx), topicErr, acksErr, codecErr, formatErr}
	if c.DeliveryTimeout < 0 {
		errs = append(errs, settingError("deliveryTimeout", fmt.Sprintf("%s is not allowed: 0s (no limit) or more", c.DeliveryTimeout), "10s"))
	}
	const maxBatchBytes = 1 << 30
	if c.BatchBytes < 1 || c.BatchBytes > maxBatchBytes {
		errs = append(errs, settingError("batchBytes", fmt.Sprintf("%d is not allowed: 1 to %d bytes", c.BatchBytes, maxBatchBytes), "1000012"))
	}
	return errors.Join(errs...)
}

// settingError is the one shape of a complaint about a setting.
func settingError(name, problem, example string) error {
	if example == "" {
		return fmt.Errorf("%s: %s", name, problem)
	}
	return fmt.Errorf("%s: %s, for example %q", name, problem, example)
}

func trimmed(list []string) []string {
	var out []string
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
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

// The requirements of Kafka's own clients, where they are not settings.
const (
	dialTimeout    = 5 * time.Second
	requestTimeout = 30 * time.Second
	openTimeout    = 10 * time.Second // to reach the cluster when a connector opens
)
