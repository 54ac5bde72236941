// Package fetch reads partitions of a Kafka cluster ahead of its user.
//
//	router ── gives each partition to the loop of its leader, and asks about those
//	          that can't just be read on (KIP-320, offsets that are gone)
//	loop ──── one a broker: request, answer, next request …
//	decode ── one a broker: record sets to batches, in the order of the log; the loop
//	          does it itself for a few records that Next waits for
//	Next ──── takes what is ready
//
// What is asked about a partition is a value, its question. An answer counts only if
// the question is still the same when it comes: see question.
//
// What brings nothing is tried again ever more slowly, is said, and ends by the policy
// that applies: see backoff, streak and Lost.Insisted. Each partition has its own time
// at which it is tried again, and none waits for another's.
//
// Memory is bounded: the decoders stop above Config.MaxBuffered, a loop has at
// most one answer waiting for its decoder and one on its way. Answers are of
// what Next takes in some milliseconds, and larger while it waits and they are filled.
//
//	config.go, partition.go    what is asked for, and what is known of a partition
//	moves.go                   who has it
//	router.go, leaderless.go   where it is to be read; identity.go, hint.go
//	ask.go                     questions other than fetches
//	broker.go, request.go      the loop; session.go, size.go, replica.go
//	response.go, answer.go     what comes back
//	prompt.go, decode.go       from there to the user: next.go; watermark.go
package fetch
