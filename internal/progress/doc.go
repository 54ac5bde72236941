// Package progress knows how far the records of a source were written, so that none is
// written twice.
//
//	Run ────── what the positions of neighbouring records have in common
//	Table ──── how far each partition of the source was written: which records are done
//	message ── the same as messages of a topic, which are written in the transaction of the
//	           records that they stand for
//	Topic ──── that topic: made if it is missing, and read when a destination opens
//
// Progress is an offset and how many records at that offset are done: a processor may make
// several of one. Everything before the offset is done too. A processor may have dropped
// some of that, or it went to a dead-letter queue.
package progress
