// Package hostile is a Kafka that lies, and TLS that does.
//
// A [Liar] stands between the connector and an embedded cluster. Requests pass; answers are
// changed by a [Lie] before the connector gets them: counts, lengths, IDs, epochs and
// offsets that are absurd or go backwards, other topics' data, redirects that never end,
// record batches that decompress to hundreds of megabytes, SASL exchanges without an end,
// half frames, one byte at a time. The seed decides which, when and how, so that what was
// found once can be found again.
//
// A [TLSLiar] does the same to TLS: certificates of every wrong kind, chains of thousands,
// handshakes that are cut, changed, or come byte by byte, floods of alerts and empty records.
//
// The tests run the connector through that and hold it to what docs/security.md promises:
// nothing panics, memory and requests a second stay bounded, every call ends in its time,
// and errors and logs are printable and name what they are about. HOSTILE_FOR=10m makes
// the run as long, HOSTILE_SEED=n one seed of it.
package hostile
