// Package exactlyonce writes each record of a Kafka source once: the records of a Send and
// how far they reach in the source go into one transaction, and what is known to be
// written is not written again.
//
//	Open ────── fence the former self, read the progress
//	Send ────── leave out what is done, write the rest, commit; the next one has another
//	            transactional ID, and may find its transaction begun
//	a record that can't be written ─── abort, and commit what comes before it
//	an outcome that isn't known ─────── abort if that is still possible, get a new epoch,
//	                                    read the progress
package exactlyonce
