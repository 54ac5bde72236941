// Package check tries what a connector needs of a cluster, step by step and in the
// order in which a connector does, and says what to do about each step that fails:
//
//	addresses  name, TCP, TLS, API versions, SASL of each bootstrap server
//	metadata   and the same for each broker that it names
//	topics     that they are there, and may be read or written
//	producer   that a producer ID is given out
//	group      its coordinator, membership, committed offsets
//
// It disturbs nobody: no record is read or written, no group joined, nothing is
// created or committed.
package check
