// Package cluster knows the brokers of a Kafka cluster, which of them leads
// which partition, and keeps connections to them.
//
// Nothing here runs in the background: metadata is asked for when a caller
// needs it, says that what it got has proved wrong, or waits for a leader that is
// silent. A broker that accepts connections and never answers costs at most a
// second before the next one is asked as well.
package cluster
