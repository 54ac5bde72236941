package cluster

import (
	"strings"

	"github.com/conduitio/conduit-connector-kafka/internal/printable"
)

// The lengths of names in bytes that are believed. Kafka's topics have up to 249, those
// of Event Hubs 256; the domain name system has names of up to 255.
const (
	maxTopicName = 256
	maxHostName  = 255
)

// legalTopic reports whether a name from a broker can be a topic's: it goes into
// logs and metrics, and metrics with one that is not UTF-8 can't be collected at all.
func legalTopic(name string) bool {
	return name != "" && len(name) <= maxTopicName && printable.Is(name)
}

// plausibleHost reports whether a broker may be found under a name. An empty one would
// be this machine.
func plausibleHost(host string) bool {
	return host != "" && len(host) <= maxHostName && printable.Is(host) && !strings.ContainsRune(host, ' ')
}
