package kafka

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/conduitio/conduit-commons/config"

	"github.com/conduitio/conduit-connector-kafka/internal/security"
	"github.com/conduitio/conduit-connector-kafka/internal/setting"
)

// Names of settings, for programs that make pipelines.
const (
	Servers           = "servers"
	Topic             = "topic"
	SecurityProtocol  = "securityProtocol"
	Acks              = "acks"
	DeliveryTimeout   = "deliveryTimeout"
	ReadFromBeginning = "readFromBeginning"
)

// Required names the settings that a connector for one topic needs. A source takes
// topics or topicsRegex instead of topic, and a destination has a default.
var Required = []string{Servers, Topic}

// What errors.Is finds in the error of Parse, ParseSource, ParseDestination and Validate.
var (
	ErrServersMissing = setting.ErrServersMissing
	ErrTopicMissing   = setting.ErrTopicMissing
)

// Config is what the source and the destination have in common: how to reach
// the cluster, and with which credentials.
//
// The comments of settings, here and in the other config files, are documentation for
// users: make generate copies them to connector.yaml and docs/settings.md.
type Config struct {
	// Bootstrap servers as host:port, separated by commas. Any of them leads to the
	// whole cluster; name several in case one is down. Required.
	Servers []string `json:"servers"`
	// Name of this client in the brokers' logs, metrics and quotas.
	ClientID string `json:"clientID" default:"conduit-connector-kafka"`
	// Maximum time to connect to a broker: TCP, TLS and authentication together.
	DialTimeout time.Duration `json:"dialTimeout" default:"5s"`
	// Maximum time for a broker to answer a request. A request that takes longer
	// fails, and is sent again where that is safe.
	RequestTimeout time.Duration `json:"requestTimeout" default:"30s"`
	// How connections are secured, in Kafka's terms: PLAINTEXT, SSL, SASL_PLAINTEXT or
	// SASL_SSL. If left out, it follows from the TLS and SASL settings; if given,
	// these must agree with it.
	SecurityProtocol string `json:"securityProtocol"`
	// Whether to count records, requests, errors and lag as Prometheus metrics,
	// which Conduit serves at /metrics.
	Metrics bool `json:"metrics" default:"true"`
	// Address, host:port, at which this connector serves the metrics of its process,
	// under /metrics. For a connector that runs as a plugin process, whose metrics
	// Conduit does not serve; each process needs an address of its own. If left out,
	// nothing is served.
	MetricsAddress string `json:"metricsAddress"`

	TLSConfig
	SASLConfig
	RegistryConfig
}

// How connections are secured, and where the schema registry is.
type (
	TLSConfig      = security.TLSConfig
	SASLConfig     = security.SASLConfig
	OAuthConfig    = security.OAuthConfig
	AWSConfig      = security.AWSConfig
	RegistryConfig = security.RegistryConfig

	SourceRegistryConfig = security.SourceRegistryConfig
)

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

// Validate reports everything that is wrong at once, each with the name of its
// setting and what is allowed.
func (c Config) Validate(context.Context) error {
	errs := []error{
		c.validateServers(),
		setting.Within("dialTimeout", c.DialTimeout, time.Millisecond, maxTimeout, "", "5s"),
		setting.Within("requestTimeout", c.RequestTimeout, time.Millisecond, maxTimeout, "", "30s"),
		setting.Text("clientID", c.ClientID, "conduit"),
		c.validateMetricsAddress(),
	}
	return errors.Join(append(errs, c.security().Validate(), c.validateRegion(), c.RegistryConfig.Validate())...)
}

// mskHost is how Amazon MSK names brokers, with the region.
var mskHost = regexp.MustCompile(`\.kafka(?:-serverless)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?:[0-9]+$`)

// validateRegion looks for brokers that are in another region than aws.region: they
// would refuse what is signed for it, with no more than "access denied".
func (c Config) validateRegion() error {
	for _, s := range c.servers() {
		if m := mskHost.FindStringSubmatch(s); m != nil && c.AWSRegion != "" && m[1] != c.AWSRegion {
			return setting.Invalid("aws.region", fmt.Sprintf("%q is not that of server %s", c.AWSRegion, withoutUser(s)), m[1])
		}
	}
	return nil
}

func (c Config) validateMetricsAddress() error {
	const example = "localhost:9404"
	if c.MetricsAddress == "" {
		return nil
	}
	if !c.Metrics {
		return setting.Invalid("metricsAddress", "there is nothing to serve while metrics is off", "")
	}
	_, port, err := net.SplitHostPort(c.MetricsAddress)
	if n, perr := strconv.Atoi(port); err != nil || perr != nil || n < 1 || n > 65535 {
		return setting.Invalid("metricsAddress", fmt.Sprintf("%q is not host:port with a port of 1 to 65535", c.MetricsAddress), example)
	}
	return nil
}

func (c Config) validateServers() error {
	if len(c.servers()) == 0 {
		return setting.Missing(Servers, "at least one bootstrap server is required, as host:port", "localhost:9092", ErrServersMissing)
	}
	var errs []error
	for _, s := range c.servers() {
		host, port, err := net.SplitHostPort(s)
		n, perr := strconv.Atoi(port)
		if err != nil || host == "" || perr != nil || n < 1 || n > 65535 {
			errs = append(errs, setting.Invalid("servers", fmt.Sprintf("%s is not host:port with a port of 1 to 65535", withoutUser(s)), "localhost:9092"))
		}
	}
	return errors.Join(errs...)
}

// withoutUser quotes a server unless it may have a password in it.
func withoutUser(server string) string {
	if i := strings.LastIndexByte(server, '@'); i >= 0 {
		return fmt.Sprintf("…%q, without what stands before the @,", server[i:])
	}
	if strings.ContainsAny(server, "=;") {
		return "a text with = or ; in it"
	}
	return strconv.Quote(server)
}

// maxTimeout is far beyond what is of use, and below what Kafka's 32 bit
// milliseconds can carry.
const maxTimeout = 24 * time.Hour

// security is the settings that say how connections are secured.
func (c Config) security() security.Settings {
	return security.Settings{Protocol: c.SecurityProtocol, TLS: c.TLSConfig, SASL: c.SASLConfig, Registry: c.RegistryConfig}
}

// servers is the bootstrap list without blanks.
func (c Config) servers() []string { return setting.List(c.Servers) }
