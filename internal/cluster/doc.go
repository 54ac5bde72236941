// Package cluster knows the brokers of a Kafka cluster, which of them leads
// which partition, and keeps connections to them.
//
//	connections  one connection for each broker and purpose, one dial for all who wait for it
//	membership   that a broker is of the cluster
//	hedge, doubt whom to ask what every broker can answer
//	metadata     what brokers say of topics
//	belief       what of that is newer than what is known
//	hint         what brokers say of the leaders of partitions that they refuse to serve
//	question     what only leaders can answer: one request a leader, all at the same time
//	leader       when to stop waiting for one
//
// Nothing here runs in the background: metadata is asked for when a caller
// needs it, says that what it got has proved wrong, or waits for a leader that is
// silent. A broker that accepts connections and never answers costs at most a
// second before the next one is asked as well, and holds up nobody that waits for
// another broker.
package cluster
