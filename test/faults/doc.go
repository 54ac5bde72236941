// Package faults runs the connector against a cluster of three nodes at fault, and
// has a ledger count what becomes of every record.
//
// Plain go test runs each scenario in a short form; SOAK=1 in a long one, all of
// them again and again for SOAKTIME (a Go duration, 30m by default). make soak does
// that.
package faults
