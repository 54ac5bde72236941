// Package limits holds the connector to what it promises about time and memory.
//
// Teardown of a source or a destination returns within five seconds whatever state it is
// in, ends the calls that run, and commits what can be committed. What is opened and
// closed, what fails to connect, topics that come and go, and a peak of records leave no
// goroutine, descriptor, memory or metric.
//
// Where time matters, the embedded cluster, its network and the connector run in a bubble
// of testing/synctest, so that seconds are exact and cost nothing; where descriptors do,
// on the loopback interface.
//
// LIMITS=long makes each number of times what docs/security.md says: 200 opens and closes
// in each state, 1,000 failures of each kind, 1,000 topics. LIMITS_FOR=10m has a source
// whose records nobody acknowledges run for as long.
package limits
