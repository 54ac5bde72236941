// Package produce writes batches of messages into Kafka and says which of them
// are durable.
//
//	Send ───── topic and partition of each message, in the order of the batch
//	plan ───── per partition a queue of record batches under the size limit
//	leaders ── one goroutine a leader: one request for all its partitions at a time
//	retry ──── partitions whose leader moved or failed, until the deadline
//
// Records are written once and in order per partition: the producer is
// idempotent (KIP-98) unless acks is below all. When Send returns, no request
// with any of its messages is on its way any more.
package produce
