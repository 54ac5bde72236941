// Package kafka is a Conduit connector for Apache Kafka: a source that reads
// topics as a member of a consumer group, and a destination that writes records
// to topics.
//
//	       source.go            consumer.go                 internal/
//	Kafka ──────────► records ◄──────────── batches ◄── consumer ─┬─ group    join, heartbeat, commit
//	                     │      convert                           ├─ fetch    one loop a broker
//	                     ▼                                        └─ offsets  what is acknowledged
//	                  Conduit
//	                     │      convert                           ┌─ recordbatch  bytes of a batch
//	                     ▼                                        │
//	Kafka ◄────────── records ────────────► messages ──► produce ─┴─ one request a leader
//	     destination.go         producer.go
//
// Both sides stand on internal/cluster (who leads which partition) and
// internal/wire (one connection to one broker), which internal/security secures.
// The settings (config*.go) become the configuration of these packages; what is
// counted is in internal/metrics.
//
// Start reading with source.go and destination.go, then the contracts in
// consumer.go and producer.go; docs/design.md leads further.
package kafka
