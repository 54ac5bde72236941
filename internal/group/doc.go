// Package group is membership in a Kafka consumer group by the classic protocol:
// find the coordinator, join, let the leader assign, sync, send heartbeats,
// commit offsets, leave.
//
// A Member runs that cycle in one goroutine and tells a Handler which
// partitions it holds. Between Assigned and Revoked (or Lost) of a partition,
// and only then, nobody else in the group reads it.
package group
