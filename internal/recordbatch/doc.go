// Package recordbatch encodes and decodes Kafka record batches as raw bytes,
// without a broker, a connection or a clock.
//
//	fetch response ─ Reader ─ CRC ─ decompress ─ []Record   (old message sets too)
//	[]Record ─ Writer ─ compress ─ CRC ─ produce request    (magic 2 only)
//
// The layout of a batch is described in the section "Record Batch" of the Kafka
// documentation (KIP-98); that of a message set, magic 0 and 1, in "Old Message
// Format" (KIP-31, KIP-32).
//
// What a Reader hands out points into the bytes it was given, or into a buffer
// that it decompressed them to and never touches again. No input makes a Reader
// panic or loop, nor allocate more than the batches and ReadOptions account for.
//
// Start with record.go, reader.go and writer.go; codec.go says what can be
// compressed how.
package recordbatch
