// Package produce writes batches of messages into Kafka and says which of them
// are durable.
//
//	Send ───── as many messages as go to topics that are known, then those after them
//	search ─── topics that are not: one request for all, one to create what is missing
//	plan ───── per partition a queue of record batches under the size limit
//	write ──── again and again what failed in passing, until the deadline
//	leaders ── one goroutine a leader: one request for all its partitions at a time, or two
//	           for a part of them each, on two connections, if they are large
//	answer ─── what the broker says of each batch
//
// Records are written once and in order per partition: the producer is
// idempotent (KIP-98) unless acks is below all. When Send returns, no request
// with any of its messages is on its way any more. Until then keys and values must stay as
// they are: large values are not copied, unless they are compressed.
package produce
