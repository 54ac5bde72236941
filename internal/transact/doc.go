// Package transact runs the transactions of one transactional ID (KIP-98): it asks their
// coordinator, one request after the other.
//
//	Begin ──── a producer ID and an epoch, which fence whoever had the transactional ID
//	           before, and end the transaction that was left open
//	Add ────── the partitions that are written to, before anything is sent to them
//	Commit ─── or Abort
//
// A coordinator answers Commit once the decision is in its log. Consumers see the records
// a moment later, and until then it answers CONCURRENT_TRANSACTIONS to what belongs to the
// next transaction, which is sent again after some milliseconds.
package transact
