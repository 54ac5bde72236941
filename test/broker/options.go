package broker

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// startTimeout bounds how long nodes may take until they serve. One takes a
// few seconds, three a few more; a busy machine many.
const startTimeout = 90 * time.Second

// ErrUnavailable is wrapped by Start's error where this machine has nothing to
// run Kafka with; the text is one line that says how to change that.
var ErrUnavailable = errors.New("no Kafka")

// Options says which cluster a test needs.
type Options struct {
	// Version of Apache Kafka, for example "2.8.2", from 2.4 on. Before 3.3 it runs
	// with ZooKeeper and without TLS listeners; before 2.7 SCRAM knows no user.
	// Default: that of the environment variable [VersionEnv], else [Version].
	Version string `json:"version"`

	// Nodes, 1 or 3, each broker and controller. Topics are replicated to all,
	// with min.insync.replicas=2 for three. Default: 1.
	Nodes int `json:"nodes"`

	// Properties are added to, or replace, those of every node's server.properties.
	Properties map[string]string `json:"properties,omitempty"`

	// Proxied puts a proxy before each node's plaintext listener, see
	// [Cluster.Proxy]. Traffic between the brokers does not go through it.
	Proxied bool `json:"proxied,omitempty"`

	// Faults announces that the test kills, stops or pauses nodes. The cluster
	// is then one of this process's own.
	Faults bool `json:"faults,omitempty"`

	// Measured announces that the cluster's speed counts. Its JVMs then take longer to
	// start, and the first minute, for what they do later.
	Measured bool `json:"-"`

	// Secure announces that the test needs the TLS and SASL listeners, which
	// KAFKA_TEST_SERVERS does not have.
	Secure bool `json:"-"`
}

func (o Options) withDefaults() (Options, error) {
	o.Version = cmp.Or(o.Version, defaultVersion())
	r, err := parseRelease(o.Version)
	if err != nil {
		return o, fmt.Errorf("start Kafka: %w", err)
	}
	if o.Secure && !r.tls() {
		return o, fmt.Errorf("start Kafka: version %s has no TLS listeners here", r)
	}
	if o.Nodes == 0 {
		o.Nodes = 1
	}
	if o.Nodes != 1 && o.Nodes != 3 {
		return o, fmt.Errorf("start Kafka: %d nodes: must be 1 or 3", o.Nodes)
	}
	return o, nil
}

// release is that of options with defaults.
func (o Options) release() release {
	r, _ := parseRelease(cmp.Or(o.Version, Version)) // checked by withDefaults
	return r
}

// advertised returns where clients shall connect to reach a listener.
func (o Options) advertised(listener int) int {
	if listener == plaintext && o.Proxied {
		return front
	}
	return listener
}

// key is equal for options that one cluster can serve in one process.
func (o Options) key() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d %t %t", o.Version, o.Nodes, o.Proxied, o.Faults)
	for _, k := range slices.Sorted(maps.Keys(o.Properties)) {
		fmt.Fprintf(&b, " %s=%s", k, o.Properties[k])
	}
	return b.String()
}

// servedBy reports whether a cluster that another process started with options
// have, and owns, is good enough.
func (o Options) servedBy(have Options) bool {
	return !o.Faults && !o.Proxied && !have.Proxied && o.Version == have.Version &&
		o.Nodes <= have.Nodes && maps.Equal(o.Properties, have.Properties)
}
