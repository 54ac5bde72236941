// Package fetch reads partitions of a Kafka cluster ahead of its user.
//
//	router ── gives each partition to the loop of its leader
//	loop ──── one a broker: request, answer, next request …
//	decode ── one a broker: record sets to batches, in the order of the log
//	Next ──── takes what is ready
//
// Memory is bounded: the decoders stop above Config.MaxBuffered, a loop has at
// most one answer waiting for its decoder and one on its way. Answers are of
// what Next takes in some milliseconds, and larger while it waits.
package fetch
