// Package wire is one connection to one Kafka broker.
//
// A Conn is dialled, secured (TLS), told the broker's API versions and
// authenticated (SASL) before Dial returns it. After that any number of
// goroutines may have requests in flight on it: Kafka answers the requests of a
// connection in the order in which they were written, so answers are matched by
// position, and checked by correlation ID. Where a broker limits how long a
// connection stays authenticated, that is renewed in between.
//
// A connection that fails once is dead: every call in flight gets the same
// error, and the owner dials again. There is no retry here.
package wire
