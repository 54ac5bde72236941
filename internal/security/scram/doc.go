// Package scram authenticates with a user and a password that is never sent: the SASL
// mechanisms SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802, RFC 7677, KIP-84).
//
// As Kafka does, it takes user and password as they are, in UTF-8, and leaves out the
// SASLprep (RFC 4013) that RFC 5802 asks for: see ScramFormatter.normalize of Kafka.
// With SASLprep a password that holds a ² would be another one than the brokers know.
package scram
